//! A copy of the project's Terraform side, to apply and to break.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Run, run};
use crate::{peers, root};

/// The copy's names in place of documentation's, which are refused. The addresses are of carriers' networks
/// (RFC 6598), so they are nobody's.
pub const REAL_NAMES: [&str; 10] = [
    "domain=rides.moto-platform.net",
    "github_repository=moto/rideshare-infra",
    "application_repository=moto/rideshare",
    "cluster_endpoint_cidrs=100.64.8.0/24",
    "alarm_emails=operations@moto-platform.net",
    "airflow_cidrs=100.64.8.0/24",
    "api_cidrs=0.0.0.0/0",
    "grafana_cidrs=100.64.8.0/24,100.64.9.0/24",
    "prometheus_cidrs=100.64.8.0/24",
    "trino_cidrs=100.64.8.0/24",
];

/// A copy of the files that scripts/terraform works on, so that nothing is written to the checkout.
#[derive(Debug)]
pub struct Project {
    folder: tempfile::TempDir,
    /// Where the tools are found.
    pub path: String,
    plugins: PathBuf,
    endpoint: String,
}

impl Project {
    /// A copy whose AWS is `endpoint`; `None` when Terraform is not installed (see [`peers::find`]).
    ///
    /// # Panics
    /// The files cannot be copied.
    pub fn copy(endpoint: &str) -> Option<Project> {
        let terraform = peers::find("PEER_TERRAFORM")?;
        let plugins = peers::find("PEER_TERRAFORM_PLUGINS")?;
        let aws = peers::find("PEER_AWS")?;
        let folder = tempfile::tempdir().unwrap();
        for name in ["infrastructure", "scripts"] {
            run(Command::new("cp").arg("-r").arg(root().join(name)).arg(folder.path())).expect(0);
        }
        run(Command::new("cp").arg(root().join(".kustomize-lint.toml")).arg(folder.path()))
            .expect(0);
        // Leftovers of an operator's own runs.
        run(Command::new("find").arg(folder.path()).args([
            "-name",
            ".terraform",
            "-prune",
            "-exec",
            "rm",
            "-rf",
            "{}",
            "+",
        ]))
        .expect(0);
        let bin = |path: &Path| path.parent().unwrap().display().to_string();
        let path = format!("{}:{}:{}", bin(&terraform), bin(&aws), std::env::var("PATH").unwrap());
        Some(Project { folder, path, plugins, endpoint: endpoint.to_owned() })
    }

    /// A copy without what moto lacks; `None` as [`Project::copy`].
    ///
    /// # Panics
    /// The files cannot be copied.
    pub fn for_moto(endpoint: &str) -> Option<Project> {
        let project = Project::copy(endpoint)?;
        run(project
            .command("cp")
            .arg("-r")
            .arg(root().join("tests/moto/."))
            .arg(project.at("infrastructure/terraform")))
        .expect(0);
        Some(project)
    }

    /// A copy for an account of moto's, without what moto lacks; `None` as [`Project::copy`].
    ///
    /// # Panics
    /// The variables cannot be set.
    pub fn for_account(endpoint: &str, account: &str) -> Option<Project> {
        let project = Project::for_moto(endpoint)?;
        let account = format!("aws_account_id={account}");
        // Each change of a database takes the provider minutes.
        let settings = ["set", &account, "deletion_protection=false", "secret_recovery_days=0"];
        project.terraform(&[&settings[..], &REAL_NAMES[..]].concat()).expect(0);
        Some(project)
    }

    /// A path in the copy.
    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command that runs in the copy, with Terraform, the AWS command line, and nothing of the
    /// developer's own settings.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env("PATH", &self.path)
            .env("TF_PLUGIN_DIR", &self.plugins)
            // The developer's own settings have no say.
            .env("TF_CLI_CONFIG_FILE", "/dev/null")
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_CLI_ARGS", "-no-color")
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            // Calls that moto cannot answer shall fail now, not after ten minutes.
            .env("AWS_MAX_ATTEMPTS", "3");
        for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "CONFIRM", "ENVIRONMENT", "IMAGE_TAG"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs `scripts/terraform`.
    pub fn terraform(&self, arguments: &[&str]) -> Run {
        run(self.command(self.at("scripts/terraform")).args(arguments))
    }

    /// The AWS command line's output.
    ///
    /// # Panics
    /// It fails.
    pub fn aws(&self, arguments: &[&str]) -> String {
        let mut command = self.command("aws");
        let done = run(command.args(["--endpoint-url", &self.endpoint]).args(arguments)).expect(0);
        done.stdout
    }

    /// The keys and values of a secret in Secrets Manager.
    ///
    /// # Panics
    /// There is no such secret, or it is no JSON object of texts.
    pub fn secret(&self, name: &str) -> BTreeMap<String, String> {
        let query = ["--query", "SecretString", "--output", "text"];
        let get = ["secretsmanager", "get-secret-value", "--secret-id", name];
        serde_json::from_str(&self.aws(&[&get[..], &query].concat())).unwrap()
    }
}
