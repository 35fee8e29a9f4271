//! One Compose file, imported and generated from.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::report::Report;
use crate::compose;
use crate::kubernetes::Server;
use crate::run::{Run, run};
use crate::yaml::documents;

/// A Compose file that was imported.
#[derive(Debug)]
pub struct Imported {
    /// Its path below the folder.
    pub name: String,
    /// The import's run.
    pub run: Run,
    pub(super) report: Report,
    /// The generation's run, where the import left nothing to do.
    pub generated: Option<Run>,
    /// The run of `--spec FILE`, which reads the same project without an import.
    pub direct: Run,
    /// The output of `docker compose config`; `None` where it refuses the file.
    pub config: Option<Value>,
    folder: TempDir,
}

/// The end of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Kubernetes files were generated.
    Generated,
    /// A person has something to do first.
    Left,
    /// The project was not read.
    Refused,
    /// The program ended otherwise than it promises, or does not accept what it has written.
    Failed,
}

/// Imports `file`, generates, and asks Docker Compose what it sees.
///
/// # Panics
/// A program cannot be started.
pub fn import(tool: &Path, docker_compose: &Path, folder: &Path, file: &Path) -> Imported {
    let out = tempfile::tempdir().expect("a folder");
    let bare = |arguments: &[&str]| {
        let mut command = Command::new("timeout");
        command.arg("60").arg(tool).args(arguments).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        run(command.env("NO_COLOR", "1").current_dir(out.path()))
    };
    let path = file.display().to_string();
    let imported = bare(&["import", &path, "--output-dir", "platform", "--format", "json"]);
    let generated = (imported.status == 0).then(|| bare(&["--spec", "platform"]));
    let direct = bare(&["--spec", &path, "--output-dir", "direct"]);
    let seen = compose::config(docker_compose, &[file.to_owned()], &BTreeMap::new());
    let config = (seen.status == 0).then(|| serde_json::from_str(&seen.stdout).ok()).flatten();
    let name = file.strip_prefix(folder).unwrap_or(file).display().to_string();
    let report = Report::read(&imported, out.path());
    Imported { name, run: imported, report, generated, direct, config, folder: out }
}

impl Imported {
    /// How it ended.
    pub fn outcome(&self) -> Outcome {
        match (self.run.status, self.generated.as_ref().map(|run| run.status)) {
            (0, Some(0)) => Outcome::Generated,
            (1, _) => Outcome::Left,
            (2, _) => Outcome::Refused,
            _ => Outcome::Failed,
        }
    }

    /// Why it is not generated: the lines that say so.
    pub fn why(&self) -> Vec<String> {
        match self.outcome() {
            Outcome::Generated => Vec::new(),
            Outcome::Left => self.report.left.clone(),
            Outcome::Refused | Outcome::Failed => {
                let run = self.generated.as_ref().unwrap_or(&self.run);
                run.stderr
                    .lines()
                    .filter(|line| !line.trim().is_empty())
                    .map(str::to_owned)
                    .collect()
            }
        }
    }

    /// How the answers of `--spec FILE` differ from those of the import: one line for each difference.
    pub fn differences(&self) -> Vec<String> {
        let expected = if self.run.status == 0 { 0 } else { 2 };
        if self.direct.status != expected {
            let (imported, direct) = (self.run.status, self.direct.status);
            let said = self.direct.stderr.lines().next().unwrap_or_default();
            return vec![format!("import ends with {imported}, --spec with {direct}: {said}")];
        }
        if expected != 0 {
            return Vec::new();
        }
        let root = self.folder.path();
        let imported = texts(&root.join("kubernetes"));
        let direct = texts(&root.join("direct/kubernetes"));
        let paths: BTreeSet<&String> = imported.keys().chain(direct.keys()).collect();
        let differ = paths.into_iter().filter(|path| imported.get(*path) != direct.get(*path));
        differ.map(|path| format!("{path} is another file with --spec")).collect()
    }

    /// The objects of the generated overlay and of the profiles that it leaves out, as kustomize builds
    /// them.
    ///
    /// # Panics
    /// kustomize refuses them.
    pub fn objects(&self, server: &Server) -> Vec<Value> {
        let overlays = self.folder.path().join("kubernetes/overlays");
        let overlay =
            fs::read_dir(overlays).expect("overlays").flatten().next().expect("one").path();
        built(server, &overlay)
    }
}

/// The objects of a generated overlay and of the profiles that it leaves out, as kustomize builds them.
///
/// # Panics
/// kustomize refuses them.
pub fn built(server: &Server, overlay: &Path) -> Vec<Value> {
    let build = |folder: &Path| {
        let built = run(server.kubectl(&["kustomize"]).arg(folder));
        assert!(built.status == 0, "{}: {}", folder.display(), built.stderr);
        documents(&built.stdout)
    };
    let mut objects = build(overlay);
    let root = fs::read_to_string(overlay.join("kustomization.yaml")).expect("a kustomization");
    for entry in fs::read_dir(overlay).expect("a folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && !root.lines().any(|line| line.trim() == format!("- {name}")) {
            objects.extend(build(&entry.path()));
        }
    }
    objects
}

/// Every file below a folder, without the line that says where it comes from.
fn texts(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut next = vec![folder.to_owned()];
    while let Some(directory) = next.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                next.push(path);
                continue;
            }
            let content = fs::read(&path).unwrap_or_default();
            let end = content.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let headed = content.starts_with(b"# Generated by compose-gen");
            let body = if headed { content[end..].to_vec() } else { content };
            let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
            found.insert(name, body);
        }
    }
    found
}
