//! A server of one test, and its configuration with the places of this machine.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rideshare_tests::root;

/// A running server, which ends with its owner, however that ends.
pub(crate) struct Program {
    keeper: Child,
    log: PathBuf,
}

impl Program {
    /// Starts `command`, whose output goes to `log`.
    pub(crate) fn start(command: &Command, log: &Path) -> Program {
        let output = File::options().create(true).append(true).open(log).unwrap();
        // The shell stops the server when its standard input closes.
        let script = "\"$@\" </dev/null & server=$!; cat >/dev/null; kill $server; wait $server";
        let keeper = Command::new("setsid")
            .args(["sh", "-c", script, "keeper"])
            .arg(command.get_program())
            .args(command.get_args())
            .current_dir(command.get_current_dir().unwrap_or(Path::new("/")))
            .stdin(Stdio::piped())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .expect("setsid runs");
        Program { keeper, log: log.to_owned() }
    }

    /// Its output so far.
    pub(crate) fn output(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// A configuration file of the platform, in which every text of `replace` must be.
pub(super) fn adapted(file: &str, replace: &[(&str, &str)]) -> String {
    let path = root().join("infrastructure/config").join(file);
    let mut text = fs::read_to_string(&path).unwrap();
    for (from, to) in replace {
        assert!(text.contains(from), "{file} has no {from}");
        text = text.replace(from, to);
    }
    text
}

/// An HTTP request's status and body; `None` when nobody answers.
pub(super) fn request(address: SocketAddr, head: &str, body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let request = format!(
        "{head} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    Some((status, answer.split_once("\r\n\r\n")?.1.to_owned()))
}

/// The body of a successful GET.
pub(crate) fn get(address: SocketAddr, path: &str) -> Option<String> {
    request(address, &format!("GET {path}"), "")
        .filter(|(status, _)| *status == 200)
        .map(|answer| answer.1)
}
