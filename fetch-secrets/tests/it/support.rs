//! Running the tool, writing catalogues, and talking to LocalStack behind its back.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use aws_credential_types::Credentials;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Region};
use aws_sdk_secretsmanager::{Client, Config};
use rideshare_tests::localstack::LocalStack;
use tempfile::TempDir;

/// A folder of one test, with a catalogue and room for env files.
pub(crate) struct Bench {
    dir: TempDir,
}

impl Bench {
    /// Writes `secrets.yaml`, and services `a` (profile core) and `b` (profile extra) with
    /// an env file each.
    pub(crate) fn new(secrets: &str) -> Self {
        let bench = Bench { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(bench.spec()).unwrap();
        let services = "services:\n  a: {image: a, profiles: [core]}\n  \
                        b: {image: b, profiles: [extra]}\n\
                        x-env-files:\n  core: [core]\n  extra: [extra]\n";
        bench.write("spec/services.yaml", services);
        bench.write("spec/secrets.yaml", secrets);
        bench
    }

    /// A catalogue with one key for each pair of variable and development value.
    pub(crate) fn with_values<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut text = String::from("x-secrets:\n  test/all:\n    services: [a]\n    keys:\n");
        for (name, value) in pairs {
            text.push_str(&format!("      {name}: {{dev: {}}}\n", yaml_string(value)));
        }
        Bench::new(&text)
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn spec(&self) -> PathBuf {
        self.dir.path().join("spec")
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.dir.path().join("out")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.dir.path().join(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.dir.path().join(name)).unwrap()
    }

    /// Names of everything in the output folder, sorted.
    pub(crate) fn listing(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.out()) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The tool in this folder, with this catalogue, and nothing of the caller's AWS settings.
    pub(crate) fn tool(&self, arguments: &[&str]) -> Command {
        let mut command = tool();
        command
            .current_dir(self.dir.path())
            .env("PLATFORM_SPEC", "spec")
            .env("SECRETS_OUTPUT_DIR", "out")
            .args(arguments);
        command
    }
}

/// A program that ends with its test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The executable in a clean environment.
pub(crate) fn tool() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fetch-secrets"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    // No look at this machine's own AWS settings, nor for a role of an EC2 instance.
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", "/nonexistent");
    command
}

/// Points `command` at `url`, with an access key that LocalStack takes for an account.
pub(crate) fn aws<'c>(command: &'c mut Command, url: &str, account: &str) -> &'c mut Command {
    command
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_ACCESS_KEY_ID", account)
        .env("AWS_SECRET_ACCESS_KEY", "test")
}

/// Secrets Manager of one account, for what a test does behind the tool's back.
pub(crate) fn client(localstack: &LocalStack, account: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(localstack.url())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(Credentials::from_keys(account, "test", None))
        .build();
    Client::from_conf(config)
}

/// Runs a future to its end.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// A double-quoted YAML string in plain ASCII.
pub(crate) fn yaml_string(value: &str) -> String {
    let mut text = String::from("\"");
    for c in value.chars() {
        match c {
            ' '..='~' if c != '"' && c != '\\' => text.push(c),
            _ => text.push_str(&format!("\\U{:08X}", u32::from(c))),
        }
    }
    text + "\""
}
