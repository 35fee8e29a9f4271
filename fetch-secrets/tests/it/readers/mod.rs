//! Two thousand hard values through the real reader of each format: every one arrives as it is, or is refused with
//! the name of a format that carries it.

mod dotenv;
mod github;
mod others;
mod systemd;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use rideshare_tests::run::run;

use crate::support::Bench;

const COUNT: usize = 2000;

type Values = BTreeMap<String, String>;

/// Values that some parser of env files takes for something else, and random ones of its special characters.
fn hard_values() -> Values {
    let mut values: Vec<String> = [
        "",
        "\n",
        " ",
        "\t",
        "\r",
        "\r\n",
        "'",
        "\"",
        "`",
        "\\",
        "\\\\",
        "$",
        "$$",
        "${HOME}",
        "${HOME:-x}",
        "$(touch X)",
        "`touch X`",
        "!",
        "#",
        "# x",
        " #x",
        "a #b",
        "=",
        "a=b",
        "~",
        "*",
        ";touch X",
        "&",
        "%0A",
        "\\n",
        "\\t",
        "a\\nb",
        "a\nb",
        "a\n",
        "\na",
        "a\r\nb",
        "export A=b",
        "A=B\nB=c",
        "it's",
        "it's `x`",
        "'`",
        "`'\\",
        "x\\",
        "'x'",
        "\"x\"",
        "\\'",
        "\\\"",
        "\\$",
        "'\\''",
        "''",
        "\"\"",
        "EOF",
        "<<EOF",
        "::add-mask::x",
        "é",
        "日本",
        "🔑",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{feff}x",
        "\u{a0}",
        "\u{200b}",
        "\u{1}",
        "\u{1b}[31m",
        "\u{7f}",
        "\u{b}",
        "\u{c}",
        "  lead",
        "trail  ",
        "null",
        "true",
        "1e5",
        "012",
        "{\"a\":\"b\"}",
        "{\"a\":\"it's\"}",
        "-----BEGIN KEY-----\nMIIB+/=\n-----END KEY-----\n",
        "postgres://u:p%40$w@h/db?x=1&y=2#f",
        "C:\\dir\\new",
        "a'b\"c`d$e\\f",
        "encrypted:x",
        "encrypted:",
        "${FETCH_SECRETS_BACKTICK}",
        "-n",
        "--",
        "%s",
        "{{.Env}}",
        "!history",
        "yes",
        "x y z",
    ]
    .map(String::from)
    .into();
    let alphabets: Vec<Vec<char>> = [
        "'\"`$\\",
        "'\"`$\\ \t\n=#%!{}()[];&|<>~*?-aZ0é",
        "abcXYZ019'`\\$",
        "'\n\\",
        "`\n'",
        "$`\\{}A_",
        "\r\n\t '",
        "aA0é日🔑\u{85}\u{2028}'`",
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#%&*+-/:;<=>?@^_|~",
    ]
    .iter()
    .map(|alphabet| alphabet.chars().collect())
    .collect();
    // The same at every run.
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut next = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % bound as u64) as usize
    };
    while values.len() < COUNT {
        let alphabet = &alphabets[next(alphabets.len())];
        let length = [1, 2, 3, 4, 5, 8, 16, 32, 64][next(9)];
        values.push((0..length).map(|_| alphabet[next(alphabet.len())]).collect());
    }
    values.into_iter().enumerate().map(|(at, value)| (format!("V{at:04}"), value)).collect()
}

/// A file of `format` with every value that it carries, and those values.
struct Written {
    bench: Bench,
    values: Values,
}

impl Written {
    fn new(format: &str) -> Self {
        Written::of(format, hard_values())
    }

    fn of(format: &str, all: Values) -> Self {
        let print = |values: &Values| {
            let pairs = values.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let bench = Bench::with_values(pairs);
            let arguments = ["print", "--source", "dev", "--format", format, "--output", "file"];
            let printed = run(&mut bench.tool(&arguments));
            (bench, printed)
        };
        let (bench, printed) = print(&all);
        if printed.status == 0 {
            return Written { bench, values: all };
        }
        assert_eq!(printed.status, 1, "{}", printed.stderr);
        assert!(!bench.path().join("file").exists(), "nothing is written");
        let refused: BTreeSet<&str> = printed
            .stderr
            .lines()
            .filter_map(|line| line.split_once("the value of ")?.1.split(' ').next())
            .collect();
        assert!(printed.stderr.contains("--format "), "{}", printed.stderr);
        let carried = |(name, _): &(String, String)| !refused.contains(name.as_str());
        let values: Values = all.into_iter().filter(carried).collect();
        let (bench, printed) = print(&values);
        assert_eq!(printed.status, 0, "{}", printed.stderr);
        Written { bench, values }
    }

    fn file(&self) -> PathBuf {
        self.bench.path().join("file")
    }

    #[track_caller]
    fn arrives(&self, read: &Values, least: usize) {
        assert!(self.values.len() >= least, "only {} values are carried", self.values.len());
        for (name, value) in &self.values {
            assert_eq!(read.get(name), Some(value), "{name}");
        }
        assert!(!self.bench.path().join("X").exists(), "a value was executed");
    }

    /// The JSON object that a program prints.
    fn read(&self, command: &mut Command) -> Values {
        let path = std::env::var_os("PATH").unwrap();
        command.current_dir(self.bench.path()).env_clear().env("PATH", path);
        command.env("HOME", self.bench.path()).env("LANG", "C.UTF-8");
        let read = run(command).expect(0);
        serde_json::from_str(&read.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", read.stdout))
    }
}

/// The variables that `env -0` has printed.
fn pairs(text: &str) -> Values {
    let pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
