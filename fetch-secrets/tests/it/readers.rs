//! Two thousand hard values through the real reader of each format: every one arrives as it is, or is refused with
//! the name of a format that carries it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rideshare_tests::kubernetes::Server;
use rideshare_tests::peers;
use rideshare_tests::proxy::{Action, Proxy};
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
        let all = hard_values();
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

    /// What a program prints as a JSON object.
    fn read(&self, command: &mut Command) -> Values {
        let path = std::env::var_os("PATH").unwrap();
        command.current_dir(self.bench.path()).env_clear().env("PATH", path);
        command.env("HOME", self.bench.path()).env("LANG", "C.UTF-8");
        let read = run(command).expect(0);
        serde_json::from_str(&read.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", read.stdout))
    }
}

/// Values that the forms of every dotenv reader carry, of 2000.
const DOTENV: usize = 900;
const SHOW: &str = "console.log(JSON.stringify(process.env))";

#[test]
fn python_dotenv() {
    let Some(python) = peers::find("PEER_DOTENV_PYTHON") else { return };
    let written = Written::new("dotenv");
    let script = "import json, dotenv; print(json.dumps(dotenv.dotenv_values('file')))";
    let read = written.read(Command::new(python).args(["-c", script]));
    written.arrives(&read, DOTENV);
}

#[test]
fn node_env_file() {
    let Some(node) = peers::find("PEER_DOTENV_NODE") else { return };
    let written = Written::new("dotenv");
    let read = written.read(Command::new(node).args(["--env-file=file", "-e", SHOW]));
    written.arrives(&read, DOTENV);
}

#[test]
fn npm_dotenv() {
    let (Some(node), Some(modules)) =
        (peers::find("PEER_DOTENV_NODE"), peers::find("PEER_DOTENV_NPM"))
    else {
        return;
    };
    let written = Written::new("dotenv");
    let script = format!(
        "const read = {{}}; require({:?}).config({{path: 'file', processEnv: read, quiet: true}}); \
         console.log(JSON.stringify(read))",
        modules.join("dotenv")
    );
    let read = written.read(Command::new(node).args(["-e", &script]));
    written.arrives(&read, DOTENV);
}

#[test]
fn npm_dotenvx() {
    let (Some(node), Some(modules)) =
        (peers::find("PEER_DOTENV_NODE"), peers::find("PEER_DOTENV_NPM"))
    else {
        return;
    };
    let written = Written::new("dotenv");
    let mut command = Command::new(&node);
    command.arg(modules.join("@dotenvx/dotenvx/src/cli/dotenvx.js"));
    command.args(["run", "--quiet", "-f", "file", "--"]).arg(&node).args(["-e", SHOW]);
    written.arrives(&written.read(&mut command), DOTENV);
}

#[test]
fn ruby_dotenv() {
    let Some(ruby) = peers::find("PEER_DOTENV_RUBY") else { return };
    let written = Written::new("dotenv");
    let usr = ruby.ancestors().nth(2).unwrap();
    let native = usr.join("lib/x86_64-linux-gnu");
    let native = if native.exists() { native } else { usr.join("lib/aarch64-linux-gnu") };
    let folders = [
        usr.join("lib/ruby/3.1.0"),
        native.join("ruby/3.1.0"),
        usr.join("lib/ruby/vendor_ruby"),
        gem(usr),
    ];
    let script =
        "require 'json'; require 'dotenv'; Dotenv.load('file'); puts JSON.generate(ENV.to_h)";
    let mut command = Command::new("env");
    command.arg(format!("LD_LIBRARY_PATH={}", native.display()));
    command.arg(format!("RUBYLIB={}", std::env::join_paths(folders).unwrap().display()));
    command.arg(&ruby).args(["--disable-gems", "-e", script]);
    written.arrives(&written.read(&mut command), DOTENV);
}

/// The folder of the library, which Debian keeps among the gems.
fn gem(usr: &Path) -> PathBuf {
    let gems = usr.join("share/rubygems-integration/all/gems");
    let found = std::fs::read_dir(gems).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found = found.filter(|path| path.join("lib/dotenv.rb").exists());
    found.next().map_or_else(|| usr.join("lib/ruby/vendor_ruby"), |gem| gem.join("lib"))
}

#[test]
fn direnv() {
    let (Some(direnv), Some(bash)) = (peers::find("PEER_DIRENV"), peers::find("PEER_BASH")) else {
        return;
    };
    let written = Written::new("dotenv");
    let show = format!("set -e; eval \"$('{}' dotenv bash file)\"; exec env -0", direnv.display());
    let read = run(Command::new(bash)
        .args(["--norc", "-c", &show])
        .current_dir(written.bench.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", written.bench.path()))
    .expect(0);
    written.arrives(&pairs(&read.stdout), DOTENV);
}

fn pairs(text: &str) -> Values {
    let pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn docker_env_file() {
    let Some(docker) = peers::find("PEER_DOCKER") else { return };
    let written = Written::new("docker");
    // The client reads the file, and sends the engine what it has read.
    let engine = Proxy::start(([127, 0, 0, 1], 1).into(), |request| {
        match request.path.ends_with("/_ping") {
            true => Action::AnswerWith(200, "Api-Version: 1.41", "OK".into()),
            false => Action::Answer(201, "{\"Id\": \"x\"}".into()),
        }
    });
    let address = format!("tcp://{}", engine.address);
    run(Command::new(docker)
        .args(["--host", &address, "create", "--env-file", "file", "image"])
        .current_dir(written.bench.path())
        .env("HOME", written.bench.path()))
    .expect(0);
    let requests = engine.requests();
    let create = requests.iter().find(|request| request.path.contains("/containers/create"));
    let sent: serde_json::Value = serde_json::from_slice(&create.unwrap().body).unwrap();
    let sent: Vec<String> = serde_json::from_value(sent["Env"].clone()).unwrap();
    written.arrives(&pairs(&sent.join("\0")), 1400);
}

#[test]
fn json() {
    let written = Written::new("json");
    let read = std::fs::read_to_string(written.file()).unwrap();
    written.arrives(&serde_json::from_str(&read).unwrap(), COUNT);
}

#[test]
fn a_kubernetes_secret() {
    let Some(server) = Server::shared() else { return };
    let written = Written::new("kubernetes");
    let secret = std::fs::read_to_string(written.file()).unwrap();
    let answer = server.apply(&secret);
    assert!(answer.is_clean(), "{answer:?}");
    let object = &server.get(&secret)[0];
    let read = object["data"].as_object().unwrap().iter().map(|(name, value)| {
        let bytes = STANDARD.decode(value.as_str().unwrap()).unwrap();
        (name.clone(), String::from_utf8(bytes).unwrap())
    });
    written.arrives(&read.collect(), COUNT);
}
