//! The faults of a first start of the platform, put back into a copy of the checkout one by one
//! (`tests/platform/faults.yaml`).

use std::fmt::Write;
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
    /// A file, a text of it, and the text that is the fault.
    pub edit: (PathBuf, String, String),
    /// The test, or the module of tests, that fails with it.
    pub check: String,
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
    /// The file's text with the fault.
    ///
    /// # Errors
    /// The file has no such text.
    pub fn apply(&self, checkout: &Path) -> Result<String, String> {
        let (file, old, new) = &self.edit;
        let path = checkout.join(file);
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("{}: {error}", file.display()))?;
        if !text.contains(old) {
            return Err(format!("{}: has no {old:?}", file.display()));
        }
        Ok(text.replacen(old, new, 1))
    }
}

/// A copy of the files that git knows, in which tests find the platform (see [`root`]).
#[derive(Debug)]
pub struct Copy {
    folder: tempfile::TempDir,
    /// compose-gen, which makes the generated files of a fault anew.
    generator: PathBuf,
    /// The tests that cross tools.
    tests: PathBuf,
}

/// The end of a check.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It failed.
    Noticed,
    /// The generator refused the fault.
    Refused,
    /// It passed.
    Missed,
    /// There is no such check, or it was skipped.
    NoCheck,
}

impl Copy {
    /// Copies the checkout, and builds the tests.
    ///
    /// # Panics
    /// There is no git or no room, or the tests do not build.
    pub fn new(generator: &Path) -> Copy {
        let folder = tempfile::tempdir().unwrap();
        let script = "git ls-files -z --cached --others --exclude-standard | xargs -0 cp -a --parents -t \"$1\"";
        run(Command::new("sh").args(["-c", script, "copy"]).arg(folder.path()).current_dir(root()))
            .expect(0);
        let peers = root().join(".peers");
        if peers.exists() {
            std::os::unix::fs::symlink(peers, folder.path().join(".peers")).unwrap();
        }
        Copy { folder, generator: generator.to_owned(), tests: tests() }
    }

    /// Puts a fault into the copy, runs its check, and takes the fault out again.
    ///
    /// # Errors
    /// The fault cannot be put back.
    pub fn try_fault(&self, fault: &Fault) -> Result<Verdict, String> {
        let place = self.folder.path().join(&fault.edit.0);
        let before =
            std::fs::read(&place).map_err(|error| format!("{}: {error}", place.display()))?;
        std::fs::write(&place, fault.apply(self.folder.path())?).unwrap();
        let verdict = self.check(fault);
        std::fs::write(&place, before).unwrap();
        self.generate();
        Ok(verdict)
    }

    fn generate(&self) -> bool {
        run(Command::new(&self.generator).current_dir(self.folder.path())).status == 0
    }

    fn check(&self, fault: &Fault) -> Verdict {
        // The generated files are not made anew when one of them is edited itself.
        let source = ["infrastructure/platform", "infrastructure/config"];
        if source.iter().any(|folder| fault.edit.0.starts_with(folder)) && !self.generate() {
            return Verdict::Refused;
        }
        let ended = run(Command::new(&self.tests)
            .arg(&fault.check)
            .env("RIDESHARE_ROOT", self.folder.path())
            .env("INSTA_UPDATE", "no")
            .env("CI", "true")
            .current_dir(root().join("tests")));
        let passed = |line: &str| line.contains(" passed;") && !line.contains(" 0 passed;");
        match ended.status {
            0 if ended.stdout.lines().any(passed) => Verdict::Missed,
            0 => Verdict::NoCheck,
            _ if ended.stdout.contains("FAILED") => Verdict::Noticed,
            _ => Verdict::NoCheck,
        }
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

/// Tries those whose words or check contain `filter`, prints a line for each, and returns whether all were noticed.
pub fn put_back(filter: &str, generator: &Path, mut print: impl FnMut(&str)) -> bool {
    let copy = Copy::new(generator);
    let mut missed = 0;
    let all = all();
    let chosen = all.iter().filter(|one| one.fault.contains(filter) || one.check.contains(filter));
    for fault in chosen {
        let start = Instant::now();
        let mut line = String::new();
        let verdict = copy.try_fault(fault);
        let word = match &verdict {
            Ok(Verdict::Noticed) => "noticed".to_owned(),
            Ok(Verdict::Refused) => "refused by compose-gen".to_owned(),
            Ok(Verdict::Missed) => "MISSED".to_owned(),
            Ok(Verdict::NoCheck) => "NO SUCH CHECK".to_owned(),
            Err(error) => error.clone(),
        };
        missed += usize::from(!matches!(verdict, Ok(Verdict::Noticed | Verdict::Refused)));
        let _ = write!(
            line,
            "| {} | `{}` | {word} | {} s |",
            fault.fault,
            fault.check,
            start.elapsed().as_secs()
        );
        print(&line);
    }
    missed == 0
}
