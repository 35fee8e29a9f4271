//! The faults of a first start of the platform, put back into a copy of the checkout one by one
//! (`tests/platform/faults.yaml`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde::Deserialize;

use crate::run::run;
use crate::{root, yaml};

/// One fault.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The fault in words.
    pub fault: String,
    /// The edit that is the fault.
    pub edit: Edit,
    /// The test, or the module of tests, that fails with it.
    pub check: Option<String>,
    /// The part of the rehearsal that fails with it (`tests/rehearsal/faults.py`).
    pub rehearsal: Option<Rehearsal>,
}

/// A file, a text of it, and the text in its place.
#[derive(Debug, Deserialize)]
pub struct Edit(PathBuf, String, String);

/// The keys that the rehearsal reads.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "the rehearsal reads them; here they are known, so that no other word passes"
)]
pub struct Rehearsal {
    name: String,
    #[serde(default)]
    also: Vec<Edit>,
    services: String,
    stages: String,
    says: String,
    profiles: Option<String>,
}

/// All of them.
///
/// # Panics
/// The list is not one.
pub fn all() -> Vec<Fault> {
    let text = std::fs::read_to_string(root().join("tests/platform/faults.yaml")).unwrap();
    let list = yaml::documents(&text).remove(0);
    serde_json::from_value(list).unwrap_or_else(|error| panic!("faults.yaml: {error}"))
}

impl Fault {
    /// All edits.
    pub fn edits(&self) -> impl Iterator<Item = &Edit> {
        let more = self.rehearsal.iter().flat_map(|rehearsal| &rehearsal.also);
        std::iter::once(&self.edit).chain(more)
    }
}

impl Edit {
    /// The file's text with the fault.
    ///
    /// # Errors
    /// The file has no such text.
    pub fn apply(&self, checkout: &Path) -> Result<String, String> {
        let Edit(file, old, new) = self;
        let text = std::fs::read_to_string(checkout.join(file))
            .map_err(|error| format!("{}: {error}", file.display()))?;
        if !text.contains(old) {
            return Err(format!("{}: has no {old:?}", file.display()));
        }
        Ok(text.replacen(old, new, 1))
    }
}

/// A copy of the files that git knows, in which tests find the platform (see [`root`]).
struct Copy {
    folder: tempfile::TempDir,
    /// compose-gen, which makes the generated files of a fault anew.
    generator: PathBuf,
    /// The tests that cross tools.
    tests: PathBuf,
    /// Whether a check passes without a fault, by check.
    passes: BTreeMap<String, bool>,
}

impl Copy {
    fn new(generator: &Path) -> Copy {
        let folder = tempfile::tempdir().unwrap();
        let script = "git ls-files -z --cached --others --exclude-standard | xargs -0 cp -a --parents -t \"$1\"";
        run(Command::new("sh").args(["-c", script, "copy"]).arg(folder.path()).current_dir(root()))
            .expect(0);
        let peers = root().join(".peers");
        if peers.exists() {
            std::os::unix::fs::symlink(peers, folder.path().join(".peers")).unwrap();
        }
        let generator = generator.to_owned();
        Copy { folder, generator, tests: tests(), passes: BTreeMap::new() }
    }

    /// Puts a fault into the copy, runs its check, and takes the fault out again: the words that say how it is noticed.
    ///
    /// # Errors
    /// It is not noticed, or cannot be put back.
    fn try_fault(&mut self, edit: &Edit, check: &str) -> Result<&'static str, String> {
        if !self.passes.contains_key(check) {
            let passes = self.passes(check);
            self.passes.insert(check.to_owned(), passes);
        }
        // Else a check that fails in any case, or that there is not, would notice every fault.
        if !self.passes[check] {
            return Err("does not pass WITHOUT THE FAULT".to_owned());
        }
        let place = self.folder.path().join(&edit.0);
        let before = std::fs::read(&place).map_err(|error| error.to_string())?;
        std::fs::write(&place, edit.apply(self.folder.path())?).unwrap();
        // The generated files are not made anew when one of them is edited itself.
        let source = ["infrastructure/platform", "infrastructure/config"];
        let is_source = source.iter().any(|folder| edit.0.starts_with(folder));
        let found = if is_source && !self.generate() {
            Ok("refused by compose-gen")
        } else if self.passes(check) {
            Err("NOT NOTICED".to_owned())
        } else {
            Ok("noticed")
        };
        std::fs::write(&place, before).unwrap();
        self.generate();
        found
    }

    fn generate(&self) -> bool {
        run(Command::new(&self.generator).current_dir(self.folder.path())).status == 0
    }

    /// Whether tests of this name run in the copy, and pass.
    fn passes(&self, check: &str) -> bool {
        let ended = run(Command::new(&self.tests)
            .arg(check)
            .env("RIDESHARE_ROOT", self.folder.path())
            .env("INSTA_UPDATE", "no")
            .env("CI", "true")
            .current_dir(root().join("tests")));
        ended.status == 0 && !ended.stdout.contains(" 0 passed;")
    }
}

/// The program of the tests that cross tools, as cargo builds it.
fn tests() -> PathBuf {
    let built = run(Command::new("cargo")
        .args(["test", "--locked", "--test", "it", "--no-run", "--message-format", "json"])
        .current_dir(root()))
    .expect(0);
    let artifact = |line: &str| -> Option<PathBuf> {
        let artifact: serde_json::Value = serde_json::from_str(line).ok()?;
        let source = artifact["target"]["src_path"].as_str()?;
        source.ends_with("tests/tests/it/main.rs").then_some(())?;
        Some(artifact["executable"].as_str()?.into())
    };
    built.stdout.lines().find_map(artifact).expect("cargo names the program")
}

/// Tries the faults with a check whose words or check contain `filter`, prints a line for each, and returns whether there
/// are any and all were noticed.
///
/// # Panics
/// There is no git or no room, or the tests do not build.
pub fn put_back(filter: &str, generator: &Path, print: impl Fn(&str)) -> bool {
    let mut copy = Copy::new(generator);
    let mut results = Vec::new();
    for fault in all() {
        let Some(check) = &fault.check else { continue };
        if !fault.fault.contains(filter) && !check.contains(filter) {
            continue;
        }
        let start = Instant::now();
        let found = copy.try_fault(&fault.edit, check);
        let (Ok(word) | Err(word)) = found.as_ref().map(|word| *word).map_err(String::as_str);
        let seconds = start.elapsed().as_secs();
        print(&format!("| {} | `{check}` | {word} | {seconds} s |", fault.fault));
        results.push(found.is_ok());
    }
    !results.is_empty() && results.into_iter().all(|noticed| noticed)
}
