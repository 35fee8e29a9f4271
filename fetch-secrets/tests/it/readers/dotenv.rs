//! Readers of `.env` files.

use std::path::{Path, PathBuf};
use std::process::Command;

use rideshare_tests::peers;
use rideshare_tests::run::run;

use super::{Written, pairs};

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
