//! A LocalStack of this test process: started once, on a free port, gone when the process is.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::{peers, port};

/// How long the first answer may take on a busy machine.
const START: Duration = Duration::from_secs(180);

/// The running LocalStack.
#[derive(Debug)]
pub struct LocalStack {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its standard input: the wrapper stops LocalStack when this closes, however the test
    /// process ends.
    _keeper: Child,
}

impl LocalStack {
    /// The LocalStack of this process; `None` when it is not installed (see [`peers::find`]).
    ///
    /// # Panics
    /// It does not start.
    pub fn shared() -> Option<&'static LocalStack> {
        static SHARED: OnceLock<LocalStack> = OnceLock::new();
        let python = peers::find("PEER_LOCALSTACK_PYTHON")?;
        Some(SHARED.get_or_init(|| start(&python)))
    }

    /// Its address as an endpoint.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// An AWS account of its own for one test: LocalStack takes a 12-digit access key for one.
    pub fn account() -> String {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        format!("{:012}", NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

fn start(python: &std::path::Path) -> LocalStack {
    let port = port::free();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let folder = std::env::temp_dir().join(format!("rideshare-localstack-{port}"));
    let script = "\"$1\" -m localstack.runtime.main >/dev/null 2>&1 & server=$!
        cat >/dev/null; kill -9 $server; rm -rf \"$2\"";
    let keeper = Command::new("setsid")
        .args(["sh", "-c", script, "localstack"])
        .args([python, folder.as_path()])
        .env("GATEWAY_LISTEN", address.to_string())
        .env("FILESYSTEM_ROOT", &folder)
        // In a container it would take the machine's own folders for its own.
        .env("OVERRIDE_IN_DOCKER", "0")
        .env("DISABLE_EVENTS", "1")
        .env("SKIP_SSL_CERT_DOWNLOAD", "1")
        .stdin(Stdio::piped())
        .spawn()
        .expect("sh runs");
    let started = Instant::now();
    while !healthy(address) {
        assert!(started.elapsed() < START, "LocalStack did not answer within {START:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
    LocalStack { address, _keeper: keeper }
}

fn healthy(address: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else { return false };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let request =
        "GET /_localstack/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut answer = String::new();
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}
