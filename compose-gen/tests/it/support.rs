//! A specification of a test's own, and the tool over it.

use common::yaml::plain;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rideshare_tests::run::{Run, run};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Bench {
    dir: TempDir,
}

impl Bench {
    /// A specification of one file, `platform/services.yaml`.
    pub(crate) fn new(text: &str) -> Self {
        let bench = Bench { dir: tempfile::tempdir().unwrap() };
        bench.write("platform/services.yaml", text);
        bench
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        let path = self.path().join(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub(crate) fn tool(&self, arguments: &[&str]) -> Command {
        let mut command = tool();
        command.current_dir(self.path()).env("PLATFORM_SPEC", "platform").args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        run(&mut self.tool(arguments))
    }

    /// Generates and expects success.
    pub(crate) fn generate(&self) -> Run {
        self.run(&[]).expect(0)
    }

    /// The documents of a generated file.
    pub(crate) fn documents(&self, name: &str) -> Vec<Value> {
        let text = self.read(name);
        plain::documents(&text).map(Result::unwrap).collect()
    }

    /// A service of the generated Compose file.
    pub(crate) fn compose(&self, service: &str) -> Value {
        self.documents("docker/compose.yaml")[0]["services"][service].clone()
    }

    /// Every generated file with its content, sorted.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        for folder in ["docker", "kubernetes"] {
            collect(self.path(), &self.path().join(folder), &mut files);
        }
        files.sort();
        files
    }
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            files.push((path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap()));
        }
    }
}

/// The executable in a clean environment.
pub(crate) fn tool() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_compose-gen"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("NO_COLOR", "1");
    command
}
