//! The secret catalogue: which secrets exist, the variable each of their keys becomes, and
//! the env files they go to.
//!
//! It is written in the specification folder, under `x-secrets` and `x-env-files`:
//!
//! ```yaml
//! x-env-files:
//!   data-pipeline: [data-pipeline, spark-testing]   # env file: the profiles that read it
//! x-secrets:
//!   rideshare/postgres-airflow:                     # the name in AWS Secrets Manager
//!     description: Airflow's own database
//!     services: [postgres-airflow, airflow-webserver]
//!     keys:
//!       POSTGRES_USER: {variable: POSTGRES_AIRFLOW_USER, dev: airflow}
//!     composed:
//!       AIRFLOW_DB: {url: "postgresql://${POSTGRES_AIRFLOW_USER}@postgres-airflow/airflow"}
//! ```
//!
//! An env file holds exactly the secrets that the services of its profiles use.

mod check;
mod names;
mod parse;
mod template;
mod types;

use std::path::Path;

use crate::diagnostic::{Diagnostic, Report};
use crate::{fault, spec};

pub use names::{RESERVED, variable_problem};
pub use template::Template;
pub use types::{Catalogue, Composed, EnvFile, Format, Key, Secret};

impl Catalogue {
    /// Reads and checks the catalogue of the specification in `folder`.
    ///
    /// # Errors
    /// Every mistake in the files, each with its place.
    pub fn load(folder: &Path) -> Result<Self, Report> {
        let mut report = Report::default();
        let Some(files) = spec::read(folder, &mut report) else { return Err(report) };
        spec::check_keys(&files, &mut report);
        let catalogue = Catalogue::of(&files, &mut report);
        if report.has_errors() { Err(report) } else { Ok(catalogue) }
    }

    /// The catalogue of files that are already read. With errors in the report it is the part
    /// that could be understood.
    pub fn of(files: &[spec::File], report: &mut Report) -> Self {
        let draft = parse::draft(files, report);
        check::catalogue(draft, report)
    }

    /// The env files that `profiles` name, all of them for an empty list, each once. A profile
    /// is named by itself or by the env file it reads; an empty name is none.
    ///
    /// # Errors
    /// Every name that is neither.
    pub fn select(&self, profiles: &[String]) -> Result<Vec<&EnvFile>, Report> {
        let mut report = Report::default();
        let profiles: Vec<&str> =
            profiles.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).collect();
        for profile in &profiles {
            if !self.env_files.iter().any(|file| file.serves(profile)) {
                let known = self.env_files.iter().flat_map(|file| &file.profiles);
                let known: Vec<&str> = known.map(String::as_str).collect();
                let message = fault::unknown("profile", profile);
                let hint = fault::available(profile, known.iter().copied());
                report.push(Diagnostic::error("unknown-profile", message).hint(hint));
            }
        }
        if report.has_errors() {
            return Err(report);
        }
        let wanted = |file: &&EnvFile| {
            profiles.is_empty() || profiles.iter().any(|profile| file.serves(profile))
        };
        Ok(self.env_files.iter().filter(wanted).collect())
    }

    /// The env files that a secret goes to, by name.
    pub fn files_of(&self, secret: usize) -> Vec<&str> {
        self.env_files
            .iter()
            .filter(|file| file.secrets.contains(&secret))
            .map(|file| file.name.as_str())
            .collect()
    }
}
