//! The shell in front of a service that reads its secrets.
//!
//! Recognised is an entrypoint, a command or a health check in the form
//!
//! ```text
//! [/bin/sh, -c, SCRIPT, NAME, WORD…]
//! ```
//!
//! where the shell is `sh`, `bash`, `dash` or `ash` in any folder, the flags end in `c`, and SCRIPT
//! begins with commands of these kinds, each ended by a line's end, `;` or `&&`:
//!
//! ```text
//! set -eu
//! . /secrets/core.env
//! export DB_PASSWORD DB_USER
//! export PGUSER="${DB_USER}"
//! ```
//!
//! At least one file must be sourced (`.` or `source`). The exported names become variables of
//! the service with [`Origin::Secret`]; a value without variables is an ordinary one. Between
//! `set -a` and `set +a` a file exports all that it has, so that the service may have more
//! variables than are known. Any other `set +…` behind the file is the end of this part.
//!
//! If the only thing left is `exec "$@"`, the service's own words are what stands behind NAME; for
//! `exec WORD… "$@"` they begin with these words. Anything else stays a line of the shell, without
//! its beginning. A list that compose-gen generates has the first form; its health checks, which
//! Docker runs without the exported variables, have the last one.

use std::collections::BTreeMap;

use common::diagnostic::Place;

use super::model::{EnvVar, Field, Origin, Service, Test};
use super::preamble::{Export, Head};
use super::shell::{Piece, Word, command, literal};

/// Takes the shell off a service, and adds the variables that it exports.
pub(super) fn unwrap(service: &mut Service) {
    let words = |field: &Option<Field<Vec<String>>>| field.as_ref()?.value.clone();
    let (entrypoint, command) = (words(&service.entrypoint), words(&service.command));
    let unknown = |field: &Option<Field<_>>| matches!(field, Some(Field { value: None, .. }));
    service.more_environment |= unknown(&service.entrypoint) || unknown(&service.command);
    match (entrypoint, command) {
        (Some(shell), Some(line)) if shell.len() == 2 => {
            // `entrypoint: [sh, -c]` with the script as the command.
            if let Some(wrapped) = Wrapped::read(&[shell, line].concat()) {
                service.command = None;
                put(service, wrapped, true);
            }
        }
        (Some(shell), _) => {
            if let Some(wrapped) = Wrapped::read(&shell) {
                put(service, wrapped, true);
            }
        }
        (None, Some(line)) if service.entrypoint.is_none() => {
            if let Some(wrapped) = Wrapped::read(&line) {
                put(service, wrapped, false);
            }
        }
        _ => {}
    }
    let test = service.healthcheck.as_mut().and_then(|check| check.test.as_mut());
    if let Some(test) = test.and_then(|field| field.value.as_mut()) {
        strip(test);
    }
}

fn put(service: &mut Service, wrapped: Wrapped, entrypoint: bool) {
    let field = if entrypoint { &mut service.entrypoint } else { &mut service.command };
    let Some(line) = field else { return };
    let place = line.place.clone();
    match wrapped.words {
        Words::Known(words) if words.is_empty() => *field = None,
        Words::Known(words) => line.value = Some(words),
        Words::Unknown => line.value = None,
    }
    if entrypoint && !wrapped.takes_arguments {
        service.command = None;
    }
    service.more_environment |= wrapped.head.all;
    let environment = std::mem::take(&mut service.environment);
    let mut all: BTreeMap<String, EnvVar> =
        environment.into_iter().map(|variable| (variable.name.clone(), variable)).collect();
    for export in wrapped.head.exports {
        export_to(&mut all, export, &place);
    }
    service.environment = all.into_values().collect();
}

fn export_to(environment: &mut BTreeMap<String, EnvVar>, export: Export, place: &Place) {
    let Export { name, value } = export;
    let names = match &value {
        None => vec![name.clone()],
        Some(word) => word
            .iter()
            .filter_map(|piece| match piece {
                Piece::Variable(name) => Some(name.clone()),
                _ => None,
            })
            .collect(),
    };
    let literal = value.as_deref().and_then(literal);
    let from = if literal.is_some() { Origin::Environment } else { Origin::Secret { names } };
    match environment.get_mut(&name) {
        // The shell says again what `environment` says, against the file.
        Some(known) if literal.is_some() => known.value = literal,
        _ => {
            let variable =
                EnvVar { name: name.clone(), value: literal, from, place: place.clone() };
            environment.insert(name, variable);
        }
    }
}

/// Takes the part that reads secrets off a health check.
fn strip(test: &mut Test) {
    match test {
        Test::Shell(line) => {
            let head = Head::read(line);
            if !head.sourced.is_empty() {
                *line = line[head.end..].trim().to_owned();
            }
        }
        Test::Words(words) => {
            if let Some(Wrapped { words: Words::Known(rest), .. }) = Wrapped::read(words) {
                *words = rest;
            }
        }
        Test::Off => {}
    }
}

/// A shell with a script that reads secrets.
struct Wrapped {
    head: Head,
    words: Words,
    /// Whether the words that follow in the container's command line are used.
    takes_arguments: bool,
}

enum Words {
    Known(Vec<String>),
    /// Variables decide.
    Unknown,
}

impl Wrapped {
    fn read(words: &[String]) -> Option<Self> {
        let [shell, flags, script, behind @ ..] = words else { return None };
        let name = shell.rsplit('/').next().unwrap_or_default();
        let is_shell = matches!(name, "sh" | "bash" | "dash" | "ash");
        if !is_shell || !flags.starts_with('-') || !flags.ends_with('c') {
            return None;
        }
        let head = Head::read(script);
        if head.sourced.is_empty() {
            return None;
        }
        let left = &script[head.end..];
        let exec = command(script, head.end).filter(|exec| script[exec.end..].trim().is_empty());
        let exec =
            exec.filter(|exec| exec.words.first().and_then(|w| literal(w)) == Some("exec".into()));
        let (words, takes_arguments) = match exec {
            Some(exec) => executed(&exec.words[1..], behind.get(1..).unwrap_or_default()),
            None => {
                let shell_line = [shell.clone(), flags.clone(), left.trim().to_owned()];
                (Words::Known([&shell_line[..], behind].concat()), true)
            }
        };
        Some(Wrapped { head, words, takes_arguments })
    }
}

/// The words of `exec`, with the arguments in the place of `"$@"`.
fn executed(words: &[Word], arguments: &[String]) -> (Words, bool) {
    let mut all = Vec::new();
    let mut takes = false;
    let mut known = true;
    for word in words {
        // Quotes alone leave an empty literal.
        let empty = Piece::Literal(String::new());
        let is_arguments = word.iter().all(|piece| *piece == empty || *piece == Piece::Arguments);
        takes |= word.contains(&Piece::Arguments);
        match literal(word) {
            Some(text) => all.push(text),
            None if is_arguments => all.extend_from_slice(arguments),
            None => known = false,
        }
    }
    (if known { Words::Known(all) } else { Words::Unknown }, takes)
}

#[cfg(test)]
mod tests {
    use crate::compose::{Env, Origin, Service, Test, read_with};

    /// The service of a project in which `$` needs no doubling.
    fn service(keys: &str) -> Service {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("compose.yaml");
        let text = format!("services:\n  a:\n    image: x\n    {}\n", keys.replace('$', "$$"));
        std::fs::write(&path, text).unwrap();
        let project = read_with(&[path], &Env::new()).unwrap_or_else(|r| panic!("{}", r.render()));
        project.services.into_iter().next().unwrap()
    }

    /// `NAME=value`, `NAME<names` of a secret.
    fn variables(service: &Service) -> Vec<String> {
        let shown = service.environment.iter().map(|variable| match &variable.from {
            Origin::Secret { names } => format!("{}<{}", variable.name, names.join(",")),
            _ => format!("{}={}", variable.name, variable.value.as_deref().unwrap_or("?")),
        });
        shown.collect()
    }

    fn words(field: &Option<crate::compose::Field<Vec<String>>>) -> Option<Vec<&str>> {
        let words = field.as_ref()?.value.as_ref()?;
        Some(words.iter().map(String::as_str).collect())
    }

    #[test]
    fn the_form_that_compose_gen_writes() {
        let service = service(
            r#"environment: {PLAIN: "1", OVER: own, OTHER: x}
    entrypoint:
      - /bin/sh
      - "-c"
      - |
        set -eu
        . /secrets/core.env
        export DB_USER DB_PASSWORD
        export PGUSER="${DB_USER}"
        export URL='db://'"${DB_USER}"':'"${DB_PASSWORD}"'@db'
        export OVER='it'\''s'
        exec "$@"
      - a
      - /docker-entrypoint.sh
      - run
    command: [serve, "--all"]"#,
        );
        let expected = [
            "DB_PASSWORD<DB_PASSWORD",
            "DB_USER<DB_USER",
            "OTHER=x",
            "OVER=it's",
            "PGUSER<DB_USER",
            "PLAIN=1",
            "URL<DB_USER,DB_PASSWORD",
        ];
        assert_eq!(variables(&service), expected);
        assert_eq!(words(&service.entrypoint).unwrap(), ["/docker-entrypoint.sh", "run"]);
        assert_eq!(words(&service.command).unwrap(), ["serve", "--all"]);
        assert!(!service.more_environment);
    }

    #[test]
    fn other_ways_to_write_it() {
        let image_own = service(
            r#"entrypoint: [sh, -ec, '. /s/a.env; export A && exec "$@"', sh]
    command: [serve]"#,
        );
        assert_eq!(variables(&image_own), ["A<A"]);
        assert!(image_own.entrypoint.is_none());
        assert_eq!(words(&image_own.command).unwrap(), ["serve"]);

        let in_command = service(
            r#"command: [bash, -c, 'set -a; source /s/a.env; set +a; exec run --x "$@"', sh, y]"#,
        );
        assert!(in_command.more_environment);
        assert_eq!(words(&in_command.command).unwrap(), ["run", "--x", "y"]);

        let joined =
            service("entrypoint: [/bin/sh, -c]\n    command: ['. /s/a.env; export A; exec run x']");
        assert_eq!(words(&joined.entrypoint).unwrap(), ["run", "x"]);
        assert!(joined.command.is_none());

        let more =
            service(r#"command: [sh, -c, '. /s/a.env; export A; run --password "$A" | tee log']"#);
        assert_eq!(variables(&more), ["A<A"]);
        assert_eq!(words(&more.command).unwrap(), ["sh", "-c", "run --password \"$A\" | tee log"]);

        let decided = service("entrypoint: [sh, -c, '. /s/a.env; export A; exec $RUN']");
        assert_eq!(variables(&decided), ["A<A"]);
        assert!(decided.entrypoint.unwrap().value.is_none());
    }

    #[test]
    fn what_reads_no_secrets_stays() {
        for line in [
            "set -eu; exec run",
            "export A=1; exec run",
            "echo . /s/a.env",
            "if x; then . /s/a.env; fi",
        ] {
            let service = service(&format!("entrypoint: [sh, -c, '{line}']"));
            assert_eq!(words(&service.entrypoint).unwrap(), ["sh", "-c", line]);
            assert!(service.environment.is_empty());
        }
        let python = service("entrypoint: [python, -c, '. /s/a.env']");
        assert_eq!(words(&python.entrypoint).unwrap(), ["python", "-c", ". /s/a.env"]);
    }

    #[test]
    fn health_checks_lose_the_same_lines() {
        let test = |keys: &str| service(keys).healthcheck.unwrap().test.unwrap().value.unwrap();
        let line = r#"healthcheck:
      test:
        - CMD-SHELL
        - |
          set -eu
          . /secrets/core.env
          export P
          set +eu
          export Q=1; ping --password "$P"
"#;
        let left = "export Q=1; ping --password \"$P\"".to_owned();
        assert_eq!(test(line), Test::Shell(left));
        let words = "healthcheck: {test: [CMD, sh, -c, '. /s/a.env; exec ping x']}";
        assert_eq!(test(words), Test::Words(vec!["ping".into(), "x".into()]));
    }
}
