//! The parity rules' view of a project.

use std::fmt;

use common::diagnostic::Place;

/// A project.
#[derive(Debug)]
pub struct Project {
    /// Its name, from which Compose makes those of containers and volumes. `None` where a
    /// variable without a value decides it.
    pub name: Option<String>,
    /// The services of every profile, in the order of their names.
    pub services: Vec<Service>,
}

/// A service.
#[derive(Debug)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Where it begins.
    pub place: Place,
    /// The profiles that it starts with; none when it always starts.
    pub profiles: Vec<String>,
    /// The image; `None` for one that is only built.
    pub image: Option<Field<String>>,
    /// Whether the project builds the image.
    pub build: bool,
    /// The variables, in the order of their names. Variables that a shell reads from secret files are among
    /// them, see [`Origin::Secret`].
    pub environment: Vec<EnvVar>,
    /// Whether there may be more variables than are known: everything that stands in a sourced
    /// file is exported (`set -a`), or a part of the file list depends on a variable.
    pub more_environment: bool,
    /// The ports of `ports` and `expose` whose numbers are known, in the order of protocol and
    /// number.
    pub ports: Vec<Port>,
    /// The health check.
    pub healthcheck: Option<Healthcheck>,
    /// The words of the entrypoint, without the shell that only reads secrets. No words clear
    /// what the image says.
    pub entrypoint: Option<Field<Vec<String>>>,
    /// The words of the command. No words clear what the image says.
    pub command: Option<Field<Vec<String>>>,
}

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Field<T> {
    /// `None` where it is unknown: a variable without a value and without a default is a part
    /// of it.
    pub value: Option<T>,
    /// Where it stands.
    pub place: Place,
}

/// A variable of a service.
#[derive(Clone)]
pub struct EnvVar {
    /// Its name.
    pub name: String,
    /// Its value; `None` where it is unknown here, a secret's always.
    pub value: Option<String>,
    /// Where it comes from.
    pub from: Origin,
    /// Where it is said.
    pub place: Place,
}

/// Without the value, which may be a secret.
impl fmt::Debug for EnvVar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = if self.value.is_some() { "known" } else { "unknown" };
        write!(f, "{} ({known}, {:?}) at {}", self.name, self.from, self.place)
    }
}

/// Where a variable comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `environment`.
    Environment,
    /// A file of `env_file`.
    EnvFile,
    /// The shell in front of the service exports it, from a file that it sources.
    Secret {
        /// The variables of that file which the value is made of: one of the same name, or those
        /// that `export NAME="${OTHER}"` mentions.
        names: Vec<String>,
    },
}

/// A port of the container.
#[derive(Clone, Debug)]
pub struct Port {
    /// Its number in the container.
    pub target: u16,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
    /// Where it is said.
    pub place: Place,
}

/// A health check.
#[derive(Clone, Debug)]
pub struct Healthcheck {
    /// The test of the health check; `None` for what the image says.
    pub test: Option<Field<Test>>,
    /// Milliseconds between two checks.
    pub interval: Option<Field<u64>>,
    /// Milliseconds that a check may take.
    pub timeout: Option<Field<u64>>,
    /// Milliseconds in which failures do not count.
    pub start_period: Option<Field<u64>>,
    /// Failures in a row that make a container unhealthy.
    pub retries: Option<Field<u64>>,
}

/// The test of a health check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// `CMD`: these words.
    Words(Vec<String>),
    /// `CMD-SHELL`: this line, without the part that only reads secrets.
    Shell(String),
    /// `NONE`, or `disable: true`: not even what the image says.
    Off,
}
