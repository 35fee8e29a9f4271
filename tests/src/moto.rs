//! A moto server, which answers as AWS does, of one account: on a free port, gone when its owner is.

use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use crate::{peers, port};

/// How long the first answer may take on a busy machine.
const START: Duration = Duration::from_secs(120);

const SERVER: &str = include_str!("moto_server.py");

/// The running server.
#[derive(Debug)]
pub struct Moto {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its requests, which a failed test shows the last of.
    log: NamedTempFile,
    /// Its standard input: the wrapper stops the server when this closes, however the test
    /// process ends.
    _keeper: Child,
}

impl Moto {
    /// Starts a server; `None` when it is not installed (see [`peers::find`]).
    ///
    /// # Panics
    /// It does not start.
    pub fn start(account: &str) -> Option<Moto> {
        let python = peers::find("PEER_MOTO_PYTHON")?;
        let port = port::free();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let script = "\"$1\" -c \"$2\" 127.0.0.1 \"$3\" >\"$4\" 2>&1 & server=$!
            cat >/dev/null; kill -9 $server";
        let log = NamedTempFile::new().unwrap();
        let keeper = Command::new("setsid")
            .args(["sh", "-c", script, "moto"])
            .arg(python)
            .args([SERVER, &port.to_string()])
            .arg(log.path())
            .env("MOTO_ACCOUNT_ID", account)
            // EKS' roles take policies of AWS's own.
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
            // A certificate is issued at once, not after a minute.
            .env("MOTO_ACM_VALIDATION_WAIT", "1")
            .stdin(Stdio::piped())
            .spawn()
            .expect("setsid runs");
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(started.elapsed() < START, "moto did not answer within {START:?}");
            std::thread::sleep(Duration::from_millis(200));
        }
        Some(Moto { address, log, _keeper: keeper })
    }

    /// Its address as an endpoint.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Moto {
    #[expect(clippy::print_stderr, reason = "libtest shows it with the failed test")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.log.path()).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!(
                "moto's last requests:\n{}",
                lines[lines.len().saturating_sub(60)..].join("\n")
            );
        }
    }
}
