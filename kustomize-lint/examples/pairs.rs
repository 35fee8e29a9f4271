//! Renders pairs of an input and the output that is expected, and counts those that differ.
//!
//! ```text
//! cargo run -p kustomize-lint --example pairs -- [--kubectl PROGRAM] FOLDER...
//! ```
//!
//! Each folder below FOLDER is a pair:
//!
//! - `input/` has the kustomization; where its root is a folder in it, the file `root` has the path
//! - `expected.yaml` has the objects, in any form of YAML and in their order; where it is missing, the
//!   pair is expected to be refused
//! - with `--kubectl`, the output of `kubectl kustomize` is expected instead
//!
//! Prints the pairs that differ, and the number of all. Exit status: 0 all are equal, 1 some differ, 2
//! usage.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use kustomize_lint::render::render;
use kustomize_lint::tree::Files;
use rideshare_tests::yaml::documents;
use serde_json::Value;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).peekable();
    let mut kubectl = None;
    if arguments.peek().is_some_and(|first| first == "--kubectl") {
        arguments.next();
        kubectl = arguments.next();
    }
    let folders: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    let mut pairs = Vec::new();
    for folder in &folders {
        match fs::read_dir(folder) {
            Ok(entries) => pairs.extend(entries.flatten().map(|entry| entry.path())),
            Err(error) => {
                return usage(&format!("{}: {error}", folder.display()));
            }
        }
    }
    pairs.retain(|pair| pair.join("input").is_dir());
    pairs.sort();
    if pairs.is_empty() {
        return usage("no folder has an `input`; pairs [--kubectl PROGRAM] FOLDER...");
    }
    let (mut equal, mut text) = (0, String::new());
    for pair in &pairs {
        let root = fs::read_to_string(pair.join("root")).unwrap_or_default();
        let root = pair.join("input").join(root.trim());
        let expected = match &kubectl {
            Some(program) => from_kubectl(Path::new(program), &root),
            None => fs::read_to_string(pair.join("expected.yaml")).ok().map(|text| read(&text)),
        };
        let found = rendered(&root);
        if found.as_ref().ok() == expected.as_ref() {
            equal += 1;
            continue;
        }
        let difference = match (found, expected) {
            (Err(why), Some(_)) => format!("refused: {why}"),
            (Ok(_), None) => "rendered, and not refused".to_owned(),
            _ => "other objects".to_owned(),
        };
        let _ = writeln!(text, "{}: {difference}", pair.display());
    }
    let _ = writeln!(text, "{equal} of {} pairs are equal", pairs.len());
    // Nobody is left to tell when stdout is closed.
    let _ = write!(io::stdout(), "{text}");
    if equal == pairs.len() { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

fn usage(message: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "pairs: {message}");
    ExitCode::from(2)
}

/// The objects, or why there are none.
fn rendered(root: &Path) -> Result<Vec<Value>, String> {
    let rendering = render(root, &mut Files::default());
    if let Some(problem) = rendering.problems.first() {
        return Err(problem.message.clone());
    }
    if let Some(part) = rendering.not_analysed.iter().find(|part| !part.effect.is_harmless()) {
        return Err(format!("{} is not analysed", part.name));
    }
    Ok(rendering.objects.iter().map(|object| object.node.to_json()).collect())
}

fn from_kubectl(program: &Path, root: &Path) -> Option<Vec<Value>> {
    let done = Command::new(program).arg("kustomize").arg(root).output().ok()?;
    done.status.success().then(|| read(&String::from_utf8_lossy(&done.stdout)))
}

fn read(text: &str) -> Vec<Value> {
    documents(text).into_iter().filter(|document| !document.is_null()).collect()
}
