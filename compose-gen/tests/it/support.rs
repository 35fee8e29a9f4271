//! A specification of a test's own, and the tool over it.

use common::yaml::plain;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use rideshare_tests::run::{Run, run};
use serde_json::Value;
use tempfile::TempDir;

/// The folder that generated files are kept in; see `accepted`.
pub(crate) const KEPT: &str = "COMPOSE_GEN_TESTS_KEEP";

pub(crate) struct Bench {
    dir: TempDir,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let Some(folder) = std::env::var_os(KEPT).filter(|_| !std::thread::panicking()) else {
            return;
        };
        keep(self.path(), Path::new(&folder));
    }
}

/// Keeps the files of every `kubernetes` folder below `from`, in a folder that the test names.
fn keep(from: &Path, folder: &Path) {
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let path = entry.path();
        if !path.join("overlays").is_dir() {
            keep(&path, folder);
            continue;
        }
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let test = std::thread::current().name().unwrap_or("test").replace("::", "-");
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let to = folder.join(format!("{test}-{count}/kubernetes"));
        let mut files = Vec::new();
        collect(&path, &path, &mut files);
        for (name, content) in files {
            let to = to.join(name);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::write(to, content).unwrap();
        }
    }
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

    /// The objects of the local environment that are of a kind, as kustomize would find them in the files of a
    /// service.
    pub(crate) fn local(&self, service: &str, kind: &str) -> Vec<Value> {
        let files = ["base/default", "overlays/local/default"];
        let files = files.map(|folder| format!("kubernetes/{folder}/{service}.yaml"));
        let there = files.iter().filter(|file| self.path().join(file).is_file());
        there
            .flat_map(|file| self.documents(file))
            .filter(|object| object["kind"] == kind)
            .collect()
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
