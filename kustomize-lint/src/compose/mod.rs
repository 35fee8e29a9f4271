//! A Compose project as Docker Compose puts it together, with the place of everything that the
//! parity rules compare.
//!
//! Several files override each other; `include`, `extends`, anchors and `<<`, `!reset` and
//! `!override`, interpolation and `env_file` are resolved. Profiles filter nothing: each service
//! has its list.
//!
//! Variables come from the `.env` beside the first file, and from nowhere else unless the caller
//! says so: the environment of this process decides nothing. A value that
//! needs a variable without a value and without a default is unknown ([`Field::value`] is
//! `None`), because whoever starts the project gives it.
//!
//! Validating a file against Compose's schema is left to Compose. Only the keys that are read here are
//! checked.

mod environment;
mod health;
mod model;
mod ports;
mod preamble;
mod service;
mod shell;
mod typed;
mod wrapper;

use std::path::PathBuf;

use common::diagnostic::Report;
use common::project;

pub use common::project::Env;
pub use model::{EnvVar, Field, Healthcheck, Origin, Port, Project, Service, Test};

/// Reads a project; later files override earlier ones.
///
/// # Errors
/// Everything that keeps the project from being understood, each with its place.
pub fn read(files: &[PathBuf]) -> Result<Project, Report> {
    read_with(files, &Env::new())
}

/// [`read`], with variables that count before those of `.env`.
///
/// # Errors
/// As [`read`].
pub fn read_with(files: &[PathBuf], outer: &Env) -> Result<Project, Report> {
    let mut report = Report::default();
    let mut project = project::read(files, outer, &project::COMPOSE, &mut report);
    if let Some(project) = &mut project {
        report.extend(project.unresolved.drain(..));
        project.check_services(&mut report);
    }
    let project = project.map(|project| service::project(&project, &mut report));
    match project.filter(|_| !report.has_errors()) {
        Some(project) => Ok(project),
        None => {
            report.sort();
            Err(report)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let path = folder.path().join("compose.yaml");
        (folder, path)
    }

    #[test]
    fn every_mistake_is_told_at_once_with_its_place_and_without_secrets() {
        let (folder, path) = written(&[
            (
                "compose.yaml",
                "include: [nowhere.yaml]
services:
  a:
    image: [x]
    environment:
      DB_PASSWORD: \"hunter2${A!}\"
      OK: 'db://u:hunter2@${B'
    env_file: [own.env, missing.env]
    ports: [\"80:http\"]
  b: {extends: c}
  d: {image: \"x:${T:?it must be set}\"}
",
            ),
            ("own.env", "TOKEN=hunter2\nA B=hunter2\n"),
        ]);
        let report = read(&[path]).unwrap_err();
        let start = format!("{}/", folder.path().display());
        let shown: Vec<String> = report
            .diagnostics()
            .iter()
            .map(|diagnostic| {
                format!(
                    "{} {}",
                    diagnostic.place().unwrap().to_string().replace(&start, ""),
                    diagnostic.code()
                )
            })
            .collect();
        let expected = [
            "compose.yaml:1:11 unreadable",
            "compose.yaml:4:5 wrong-type",
            "compose.yaml:6:20 interpolation",
            "compose.yaml:7:11 interpolation",
            "compose.yaml:8:25 no-env-file",
            "compose.yaml:9:13 bad-port",
            "compose.yaml:10:16 unknown-service",
            "own.env:2:1 bad-env-file",
        ];
        assert_eq!(shown, expected);
        assert!(!report.render().contains("hunter2"), "{}", report.render());
    }

    #[test]
    fn what_nobody_defines_is_unknown_and_this_process_defines_nothing() {
        let text = "services: {a: {image: \"x:${PATH}\", command: run $PATH, ports: [\"${P}:80\", \"80:${P}\"], \
                    environment: [PATH, \"B=${PATH:-b}\"], env_file: \"${P}.env\"}}";
        let (_folder, path) = written(&[("compose.yaml", text)]);
        let project = read(std::slice::from_ref(&path)).unwrap();
        let service = &project.services[0];
        assert_eq!(service.image.as_ref().unwrap().value, None);
        assert_eq!(service.command.as_ref().unwrap().value, None);
        let values: Vec<_> =
            service.environment.iter().map(|variable| variable.value.as_deref()).collect();
        assert_eq!(values, [Some("b"), None]);
        assert_eq!(service.ports.len(), 1);
        assert!(service.more_environment);
        let outer = Env::from([("PATH".into(), "p".into()), ("P".into(), "1".into())]);
        let report = read_with(&[path], &outer).unwrap_err();
        let codes: Vec<_> =
            report.diagnostics().iter().map(|diagnostic| diagnostic.code()).collect();
        assert_eq!(codes, ["no-env-file"]);
    }

    #[test]
    fn a_value_keeps_the_place_at_which_it_is_written() {
        let (folder, path) = written(&[
            (
                "compose.yaml",
                "x-env: &env\n  SHARED: s\nservices:\n  a:\n    extends: {file: base.yaml, service: b}\n    environment:\n      <<: *env\n      OWN: o\n",
            ),
            (
                "base.yaml",
                "services:\n  b:\n    image: x\n    env_file: [f.env]\n    environment: [BASE=b]\n",
            ),
            ("f.env", "# c\nexport FILE='f'\n"),
        ]);
        let project = read(&[path]).unwrap();
        let service = &project.services[0];
        let start = format!("{}/", folder.path().display());
        let mut places: Vec<String> = vec![service.image.as_ref().unwrap().place.to_string()];
        places.extend(service.environment.iter().map(|variable| variable.place.to_string()));
        let places: Vec<String> = places.iter().map(|place| place.replace(&start, "")).collect();
        let expected = [
            "base.yaml:3:12",
            "base.yaml:5:19",
            "f.env:2:8",
            "compose.yaml:8:12",
            "compose.yaml:2:11",
        ];
        assert_eq!(places, expected);
    }

    #[test]
    fn no_file_and_no_service_are_said() {
        assert_eq!(read(&[]).unwrap_err().diagnostics()[0].code(), "no-services");
        let (_folder, path) = written(&[("compose.yaml", "services: {}\n")]);
        assert_eq!(read(&[path]).unwrap_err().diagnostics()[0].code(), "no-services");
    }

    #[test]
    fn bombs_end_early() {
        let doubled: String = (0..60).map(|at| format!("V{}=$V{at}$V{at}\n", at + 1)).collect();
        let services = "services: {a: {image: \"x$V60\", environment: {A: \"$V15$V15$V15\"}}}";
        let (_folder, path) =
            written(&[("compose.yaml", services), (".env", &format!("V0=xx\n{doubled}"))]);
        let report = read(std::slice::from_ref(&path)).unwrap_err();
        assert_eq!(report.diagnostics()[0].code(), "interpolation");
        std::fs::write(&path, "services: {a: {image: \"x$V60\"}}").unwrap();
        assert!(read(&[path]).unwrap().services[0].image.as_ref().unwrap().value.is_none());
        let chain: String =
            (0..1000).map(|at| format!("  s{at}: {{extends: s{}}}\n", at + 1)).collect();
        let (_folder, path) =
            written(&[("compose.yaml", &format!("services:\n{chain}  s1000: {{image: x}}\n"))]);
        let report = read(&[path]).unwrap_err();
        assert!(report.diagnostics().iter().all(|diagnostic| diagnostic.code() == "too-deep"));
        let twice = "include: [./a.yaml, ./b.yaml]\nservices: {x: {image: x}}\n";
        let (_folder, path) =
            written(&[("compose.yaml", twice), ("a.yaml", twice), ("b.yaml", twice)]);
        assert_eq!(read(&[path]).unwrap_err().diagnostics()[0].code(), "cycle");
    }
}
