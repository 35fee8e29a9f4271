//! Every value arrives as it is: through dash, bash, bash --posix and busybox, and through
//! Docker Compose. And nothing in a value is ever executed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rideshare_tests::peers;
use rideshare_tests::run::run;

use crate::support::Bench;

/// Characters that some parser treats specially.
const SPECIAL: &[char] = &[
    '\'', '"', '`', '$', '\\', '#', '\n', '\r', '\t', ' ', '=', '!', '(', ')', '{', '}', '[', ']',
    ';', '&', '|', '<', '>', '*', '?', '~', '%', '^', ':', ',', '@', '/', 'a', 'n', '0', 'é',
];

/// Values at a time: one file, one shell each.
const CHUNK: usize = 1000;

#[test]
fn fifty_thousand_generated_values_through_every_shell() {
    let shells = shells();
    // Deterministic, so that a failure is there again at the next run.
    let config = Config { cases: 50, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let special = vec(proptest::sample::select(SPECIAL), 0..40).prop_map(String::from_iter);
    let password = "[!-~]{8,64}";
    let anything = vec(any::<char>().prop_filter("NUL cannot be", |c| *c != '\0'), 0..30)
        .prop_map(String::from_iter);
    let injection = "(\\$\\(touch X\\)|`touch X`|; touch X|\\$\\{X:=y\\}|'\"){1,4}\\\\{0,3}";
    let value = prop_oneof![3 => special, 3 => password, 3 => anything, 1 => injection];
    runner
        .run(&vec(value, CHUNK), |values| {
            through_shells(&shells, &values);
            Ok(())
        })
        .unwrap();
}

#[test]
fn every_short_value_of_special_characters_through_every_shell() {
    let core = &SPECIAL[..9];
    let mut values = vec![String::new()];
    let mut longer = vec![String::new()];
    for length in 1..=4 {
        // Up to two long over everything, three and four over what the quoting itself uses.
        let alphabet = if length < 3 { SPECIAL } else { core };
        longer = longer
            .iter()
            .filter(|prefix| length < 3 || prefix.chars().all(|c| core.contains(&c)))
            .flat_map(|prefix| alphabet.iter().map(move |c| format!("{prefix}{c}")))
            .collect();
        values.extend(longer.iter().cloned());
    }
    assert_eq!(values.len(), 1 + 36 + 36 * 36 + 9 * 9 * 9 + 9 * 9 * 9 * 9);
    let shells = shells();
    for chunk in values.chunks(CHUNK) {
        through_shells(&shells, chunk);
    }
}

#[test]
fn names_that_bash_knows_arrive_or_are_refused() {
    let Some(bash) = peers::find("PEER_BASH") else { return };
    // Names that a running bash has set, and names that its manual says it treats specially.
    let known = run(Command::new(bash).args(["-ic", "compgen -v"])).expect(0).stdout;
    let special = "BASH_ENV CHILD_MAX COLUMNS COMPREPLY EMACS FIGNORE HISTCONTROL HISTFILE \
                   HISTIGNORE HISTSIZE HOSTFILE INPUTRC INSIDE_EMACS LC_ALL LINES MAIL MAILCHECK \
                   MAILPATH PS0 PS3 READLINE_LINE TIMEFORMAT TMPDIR auto_resume histchars";
    let reserved = |name: &&str| {
        common::catalogue::RESERVED.iter().any(|reserved| match reserved.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => reserved == name,
        })
    };
    let names: BTreeSet<&str> = known
        .split_whitespace()
        .chain(special.split_whitespace())
        .filter(|n| !reserved(n))
        .collect();
    assert!(names.len() > 20, "{names:?}");
    let bench = Bench::with_values(names.iter().map(|name| (*name, "it's `x`")));
    run(&mut bench.tool(&["--source", "dev", "--profile", "core"])).expect(0);
    for (shell, command) in shells() {
        let script = "set -a; . out/core.env; set +a; exec env -0";
        let read = run(Command::new(&command[0])
            .args(&command[1..])
            .args(["-c", script])
            .current_dir(bench.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap()))
        .expect(0);
        assert_eq!(read.stderr, "", "{shell}");
        for name in &names {
            let pair = format!("{name}=it's `x`");
            assert!(read.stdout.split('\0').any(|variable| variable == pair), "{shell}: {name}");
        }
    }
}

#[test]
fn hard_values_through_docker_compose() {
    let Some(compose) = peers::find("PEER_COMPOSE") else { return };
    let values = hard_values();
    assert!(values.len() >= 500, "{}", values.len());
    let names = names(values.len());
    let pairs = names.iter().map(String::as_str).zip(values.iter().map(String::as_str));
    let bench = Bench::with_values(pairs);
    run(&mut bench.tool(&["--source", "dev", "--profile", "core"])).expect(0);
    bench.write(
        "compose.yaml",
        "name: test\nservices:\n  s: {image: s, env_file: [out/core.env]}\n",
    );
    let config = run(Command::new(compose)
        .args(["-f", "compose.yaml", "config", "--format", "json"])
        .current_dir(bench.path())
        .env("DOCKER_HOST", "unix:///nonexistent"))
    .expect(0);
    let config: serde_json::Value = serde_json::from_str(&config.stdout).unwrap();
    let environment = config["services"]["s"]["environment"].as_object().unwrap();
    for (name, value) in names.iter().zip(&values) {
        // `config` writes a file that is read again: each `$` doubled.
        let read = environment[name.as_str()].as_str().unwrap().replace("$$", "$");
        assert_eq!(read, *value, "{name}");
    }
}

fn hard_values() -> Vec<String> {
    let mut values: Vec<String> = [
        "",
        " ",
        "\n",
        "\r\n",
        "\t",
        "a\nb\n",
        "# not a comment",
        "a #b",
        "$HOME",
        "${HOME}",
        "${HOME:-x}",
        "$$",
        "$(id)",
        "`id`",
        "'",
        "''",
        "\"",
        "\\",
        "\\\\",
        "\\'",
        "\\\"",
        "\\n",
        "\\$",
        "it's",
        "say \"x\"",
        "'`",
        "`\\",
        "{{.Env}}",
        "%s",
        "export A=1",
        "A=B",
        "=",
        "-n",
        "!history",
        "~",
        "*",
        "pässwörd",
        "日本語",
        "🔑'`\\",
        "\u{feff}x",
        "x\u{85}y",
        "\u{1b}[0m",
        "-----BEGIN KEY-----\nMIIE'`$\\\n-----END KEY-----\n",
    ]
    .map(String::from)
    .into();
    let core = &SPECIAL[..7];
    for a in core {
        for b in core {
            values.push(format!("{a}{b}"));
            for c in core {
                values.push(format!("x{a}{b}{c}"));
                values.push(format!("{a}y{b}{c}\\"));
            }
        }
    }
    values
}

/// Writes one env file with all `values` and reads it back through each shell.
fn through_shells(shells: &BTreeMap<&str, Vec<String>>, values: &[String]) {
    let names = names(values.len());
    let pairs = names.iter().map(String::as_str).zip(values.iter().map(String::as_str));
    let bench = Bench::with_values(pairs);
    run(&mut bench.tool(&["--source", "dev", "--profile", "core"])).expect(0);
    let empty = bench.path().join("cwd");
    fs::create_dir(&empty).unwrap();
    for (shell, command) in shells {
        let script = "set -a; . ../out/core.env; set +a; exec env -0";
        let output = Command::new(&command[0])
            .args(&command[1..])
            .args(["-c", script])
            .current_dir(&empty)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .output()
            .unwrap();
        assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{shell}");
        let read: BTreeMap<&str, &str> = std::str::from_utf8(&output.stdout)
            .unwrap()
            .split('\0')
            .filter_map(|pair| pair.split_once('='))
            .collect();
        for (name, value) in names.iter().zip(values) {
            assert_eq!(read.get(name.as_str()), Some(&value.as_str()), "{shell} {name}");
        }
        assert_eq!(fs::read_dir(&empty).unwrap().count(), 0, "{shell} executed something");
    }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("V{index:05}")).collect()
}

/// Shell → the command that runs it. Every one of them has to be there.
fn shells() -> BTreeMap<&'static str, Vec<String>> {
    let peer = |name| peers::find(name).as_deref().map(|path: &std::path::Path| path.to_owned());
    let command = |path: PathBuf, more: &[&str]| {
        let mut words = vec![path.display().to_string()];
        words.extend(more.iter().map(|word| (*word).to_owned()));
        words
    };
    let mut shells = BTreeMap::new();
    if let Some(dash) = peer("PEER_DASH") {
        shells.insert("dash", command(dash, &[]));
    }
    if let Some(bash) = peer("PEER_BASH") {
        shells.insert("bash", command(bash.clone(), &[]));
        shells.insert("bash --posix", command(bash, &["--posix"]));
    }
    if let Some(busybox) = peer("PEER_BUSYBOX") {
        shells.insert("busybox", command(busybox, &["sh"]));
    }
    shells
}
