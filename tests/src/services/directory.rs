//! The LDAP directory of `spark-testing`, made by the generated command for one test.

use std::path::PathBuf;
use std::process::Command;

use super::generated::Service;
use super::server::Server;
use crate::run::{Run, run};
use crate::{peers, port, root};

/// A running directory, with the administrator's password `admin`.
#[derive(Debug)]
pub struct Directory {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    /// The program.
    pub server: Server,
    installed: PathBuf,
    folder: tempfile::TempDir,
}

impl Directory {
    /// The generated command for a Thrift user; `None` when no server is installed.
    pub fn command(user: &str, password: &str, folder: &str, port: u16) -> Option<Command> {
        let installed = peers::find("PEER_SLAPD")?;
        let words = Service::named("openldap").command();
        assert_eq!(words, ["/bin/sh", "/etc/rideshare/openldap/directory.sh"]);
        let mut command = client(&installed, "sh");
        command
            .arg(root().join("infrastructure/config/openldap/directory.sh"))
            .env("LDAP_SCHEMAS", installed.join("etc/ldap/schema"))
            .env("LDAP_MODULES", installed.join("usr/lib/ldap"))
            .env("LDAP_ADDRESS", format!("127.0.0.1:{port}"))
            .env("RIDESHARE_LDAP", folder)
            .env("LDAP_ADMIN_PASSWORD", "admin")
            .env("LDAP_CONFIG_PASSWORD", "admin")
            .env("HIVE_LDAP_USERNAME", user)
            .env("HIVE_LDAP_PASSWORD", password);
        Some(command)
    }

    /// Starts it with one Thrift user.
    ///
    /// # Panics
    /// It refuses the user.
    pub fn start(user: &str, password: &str) -> Option<Directory> {
        let folder = tempfile::tempdir().unwrap();
        let port = port::free();
        let place = folder.path().join("directory").display().to_string();
        let mut command = Directory::command(user, password, &place, port)?;
        let mut server = Server::start(&mut command, &folder.path().join("log"));
        server.until_it_listens(port);
        Some(Directory { port, server, installed: peers::find("PEER_SLAPD")?, folder })
    }

    /// A login by a common name, as the Thrift server makes it.
    pub fn log_in(&self, name: &str, password: &str) -> Run {
        let file = self.folder.path().join("password");
        std::fs::write(&file, password).unwrap();
        run(client(&self.installed, "ldapwhoami")
            .args(["-x", "-H", &format!("ldap://127.0.0.1:{}", self.port)])
            .args(["-D", &format!("cn={name},dc=rideshare,dc=local"), "-y"])
            .arg(file))
    }
}

/// A program that finds the unpacked peer's programs and libraries.
fn client(installed: &std::path::Path, program: &str) -> Command {
    let (sbin, bin) = (installed.join("usr/sbin"), installed.join("usr/bin"));
    let path = format!(
        "{}:{}:{}",
        sbin.display(),
        bin.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let mut command = Command::new(program);
    command.env("PATH", path).env("LD_LIBRARY_PATH", peers::libraries(installed));
    command
}
