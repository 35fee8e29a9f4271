//! A release, as far as it goes without publishing: the archive that `scripts/release/build` has made installs into
//! an empty folder and runs there, and `scripts/release/install` refuses every other archive.
//!
//! The stage "a release's archive" of `scripts/test` makes the archive of fetch-secrets.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rideshare_tests::run::{Run, run};
use rideshare_tests::{peers, root, tool};

const TOOL: &str = "fetch-secrets";

/// A copy of the folder with the archive, with checksums of its own.
struct Release {
    folder: tempfile::TempDir,
    prefix: tempfile::TempDir,
}

impl Release {
    /// `None` where no archive was made; in CI that is a failure.
    fn new() -> Option<Self> {
        let exe = std::env::current_exe().unwrap();
        let dist = exe.ancestors().nth(3).unwrap().join("dist");
        let archives: Vec<PathBuf> = fs::read_dir(&dist)
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().ends_with(".tar.gz"))
            .collect();
        if archives.is_empty() {
            peers::skip("the archive that `scripts/release/build dev fetch-secrets` makes");
            return None;
        }
        let release =
            Self { folder: tempfile::tempdir().unwrap(), prefix: tempfile::tempdir().unwrap() };
        for archive in archives {
            fs::copy(&archive, release.folder.path().join(archive.file_name().unwrap())).unwrap();
        }
        run(Command::new(script("checksums")).arg(release.folder.path())).expect(0);
        Some(release)
    }

    fn install(&self, arguments: &[&str]) -> Run {
        let mut command = Command::new(script("install"));
        command.arg("--from").arg(self.folder.path()).arg("--prefix").arg(self.prefix.path());
        run(command.args(arguments))
    }

    fn archive(&self) -> PathBuf {
        let mut entries =
            fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        entries.find(|path| path.to_string_lossy().ends_with(".tar.gz")).unwrap()
    }

    fn nothing_is_installed(&self) {
        assert_eq!(fs::read_dir(self.prefix.path()).unwrap().count(), 0);
    }
}

fn script(name: &str) -> PathBuf {
    root().join("scripts/release").join(name)
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[test]
fn an_archive_installs_into_an_empty_folder_and_runs() {
    let Some(release) = Release::new() else { return };
    release.install(&["--version", VERSION, TOOL]).expect(0);
    let binary = release.prefix.path().join("bin").join(TOOL);
    let ran = run(Command::new(&binary).arg("--version").env_clear()).expect(0);
    assert_eq!(ran.stdout.trim(), format!("{TOOL} {VERSION}"));
    for file in [
        "share/man/man1/fetch-secrets.1",
        "share/bash-completion/completions/fetch-secrets",
        "share/zsh/site-functions/_fetch-secrets",
        "share/fish/vendor_completions.d/fetch-secrets.fish",
    ] {
        assert!(release.prefix.path().join(file).is_file(), "{file} is missing");
    }
}

#[test]
fn the_binary_of_linux_is_static() {
    let Some(release) = Release::new() else { return };
    release.install(&["--version", VERSION, TOOL]).expect(0);
    let ldd = run(Command::new("ldd").arg(release.prefix.path().join("bin").join(TOOL)));
    let said = format!("{}{}", ldd.stdout, ldd.stderr);
    assert!(said.contains("statically linked") || said.contains("not a dynamic"), "{said}");
}

#[test]
fn a_changed_archive_is_refused_and_nothing_is_installed() {
    let Some(release) = Release::new() else { return };
    let mut bytes = fs::read(release.archive()).unwrap();
    bytes.push(0);
    fs::write(release.archive(), bytes).unwrap();
    let refused = release.install(&["--version", VERSION, TOOL]).expect(1);
    assert!(refused.stderr.contains("another checksum"), "{}", refused.stderr);
    release.nothing_is_installed();
}

#[test]
fn an_archive_without_a_checksum_is_refused() {
    let Some(release) = Release::new() else { return };
    fs::write(release.folder.path().join("SHA256SUMS"), "").unwrap();
    let refused = release.install(&["--version", VERSION, TOOL]).expect(1);
    assert!(refused.stderr.contains("no line for"), "{}", refused.stderr);
    release.nothing_is_installed();
}

#[test]
fn a_missing_archive_stops_the_others_too() {
    let Some(release) = Release::new() else { return };
    let refused = release.install(&["--version", VERSION, TOOL, "kind-cluster"]).expect(1);
    assert!(refused.stderr.contains("there is no kind-cluster-"), "{}", refused.stderr);
    release.nothing_is_installed();
}

#[test]
fn an_unreachable_release_has_its_own_status() {
    let refused =
        run(Command::new(script("install")).args(["--from", "http://127.0.0.1:1/v9.9.9", TOOL]))
            .expect(3);
    assert!(
        refused.stderr.contains("cannot download http://127.0.0.1:1/v9.9.9/SHA256SUMS"),
        "{}",
        refused.stderr
    );
}

#[test]
fn usage_names_the_missing_part() {
    let refused = run(Command::new(script("install")).arg(TOOL)).expect(2);
    assert!(refused.stderr.contains("--from"), "{}", refused.stderr);
}

#[test]
fn notes_are_the_changelogs_section() {
    let project = tempfile::tempdir().unwrap();
    copy("scripts/release/notes", project.path());
    copy("scripts/lib/report.sh", project.path());
    fs::write(
        project.path().join("CHANGELOG.md"),
        "# Changelog\n\n## Unreleased\n- x\n\n## 1.2.0 - 2026-01-01\n- y\n\n## 1.1.0 - 2025-01-01\n- z\n",
    )
    .unwrap();
    let notes = |version: &str| {
        run(Command::new(project.path().join("scripts/release/notes")).arg(version))
    };
    assert_eq!(notes("1.2.0").expect(0).stdout.trim(), "- y");
    let missing = notes("1.3.0").expect(1);
    assert!(missing.stderr.contains("no section 1.3.0"), "{}", missing.stderr);
}

fn copy(file: &str, project: &Path) {
    let target = project.join(file);
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    fs::copy(root().join(file), target).unwrap();
}

/// Without a tag, as in a workflow of this checkout, an action compiles the tool and warns. The compilation itself is
/// replaced here by a `cargo` that makes the file.
#[test]
fn an_action_without_a_release_compiles_and_warns() {
    let machine = tempfile::tempdir().unwrap();
    let bin = machine.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let cargo = bin.join("cargo");
    fs::write(&cargo, "#!/bin/sh\nprintf '%s ' \"$@\" >\"$CALLED\"\n").unwrap();
    run(Command::new("chmod").arg("+x").arg(&cargo)).expect(0);
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let ran = run(Command::new(script("tool"))
        .args(["kustomize-lint", "", ""])
        .env("PATH", path)
        .env("CALLED", machine.path().join("called"))
        .env("RUNNER_TEMP", machine.path())
        .env("GITHUB_PATH", machine.path().join("path")))
    .expect(0);
    assert!(ran.stdout.starts_with("::warning::kustomize-lint is compiled"), "{}", ran.stdout);
    let called = fs::read_to_string(machine.path().join("called")).unwrap();
    assert!(called.contains("build --release --locked --package kustomize-lint"), "{called}");
    let added = fs::read_to_string(machine.path().join("path")).unwrap();
    assert_eq!(
        added.trim(),
        machine.path().join("kustomize-lint/build/release").display().to_string()
    );
}

/// The commands of `make install`, except those that compile.
#[test]
fn make_installs_export_dbt_with_the_library_that_it_looks_for() {
    let prefix = tempfile::tempdir().unwrap();
    let built = tempfile::tempdir().unwrap();
    let mut make = Command::new("make");
    make.args(["--no-print-directory", "--dry-run", "install", "TOOLS=export-dbt"])
        .arg(format!("PREFIX={}", prefix.path().display()))
        .env("CARGO_TARGET_DIR", built.path());
    let planned = run(make.current_dir(root())).expect(0).stdout;
    let release = built.path().join("release");
    fs::create_dir(&release).unwrap();
    fs::copy(tool("export-dbt"), release.join("export-dbt")).unwrap();
    let script =
        format!("cargo() {{ :; }}; {}", planned.replace("scripts/peers install duckdb", ":"));
    let script = script.replace(&format!("{}/$tool-docs", release.display()), ":");
    run(Command::new("bash").args(["-euo", "pipefail", "-c", &script]).current_dir(root()))
        .expect(0);

    // Without the build folder beside it, and without cargo's path of libraries.
    let installed = prefix.path().join("bin/export-dbt");
    let version = run(Command::new(installed).arg("--version").env_remove("LD_LIBRARY_PATH"));
    assert!(version.expect(0).stdout.starts_with("export-dbt "));
}
