//! A LocalStack of the tests' own, on a free port, started once and always stopped.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::{Mutex, OnceLock, Weak};
use std::time::{Duration, Instant};

/// A running LocalStack; the last user stops it.
pub(crate) struct LocalStack {
    pub(crate) address: SocketAddr,
    process: Mutex<Child>,
    _home: tempfile::TempDir,
}

/// The one that runs, or a new one.
pub(crate) fn localstack() -> Arc<LocalStack> {
    static SHARED: OnceLock<Mutex<Weak<LocalStack>>> = OnceLock::new();
    let shared = SHARED.get_or_init(Mutex::default);
    let mut shared = shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(running) = shared.upgrade() {
        return running;
    }
    let started = Arc::new(LocalStack::start());
    *shared = Arc::downgrade(&started);
    started
}

impl LocalStack {
    fn start() -> Self {
        let venv = std::env::var("LOCALSTACK_VENV").unwrap_or_else(|_| {
            panic!("LOCALSTACK_VENV is not set: run `make test`, which installs LocalStack")
        });
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|l| l.local_addr())
            .expect("a free port")
            .port();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let home = tempfile::tempdir().expect("a temporary folder");
        let process = Command::new(format!("{venv}/bin/python"))
            .args(["-m", "localstack.runtime.main"])
            .env("GATEWAY_LISTEN", address.to_string())
            .env("DISABLE_EVENTS", "1")
            .env("SKIP_SSL_CERT_DOWNLOAD", "1")
            .env("SERVICES", "s3")
            .env("HOME", home.path())
            .env("TMPDIR", home.path())
            .env("LOCALSTACK_VOLUME_DIR", home.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{venv}: {error}: run `make test`"));
        let stack = Self { address, process: Mutex::new(process), _home: home };
        let deadline = Instant::now() + Duration::from_secs(90);
        while !stack.answers() {
            assert!(Instant::now() < deadline, "LocalStack did not get ready");
            std::thread::sleep(Duration::from_millis(200));
        }
        stack
    }

    fn answers(&self) -> bool {
        let get = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(self.address)?;
            stream.set_read_timeout(Some(Duration::from_secs(2)))?;
            stream.write_all(
                b"GET /_localstack/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            )?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        get().is_ok_and(|answer| answer.contains(" 200 "))
    }

    /// The variables of a client of the store at `address`.
    pub(crate) fn environment(address: SocketAddr) -> Vec<(String, String)> {
        [
            ("AWS_ENDPOINT_URL", format!("http://{address}")),
            ("AWS_ACCESS_KEY_ID", "test".into()),
            ("AWS_SECRET_ACCESS_KEY", "test-secret-value".into()),
            ("AWS_REGION", "us-east-1".into()),
            ("AWS_ALLOW_HTTP", "true".into()),
        ]
        .map(|(name, value)| (name.to_string(), value))
        .into()
    }
}

impl Drop for LocalStack {
    fn drop(&mut self) {
        let process = self.process.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner());
        let _ = process.kill();
        let _ = process.wait();
    }
}
