//! A server of one test: its log is shown when it fails, and it ends with the test.

use std::fs::{self, File};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::run::run;

/// As long as a busy machine may need.
const PATIENCE: Duration = Duration::from_secs(300);

/// A running program, which is killed with all that it has started.
#[derive(Debug)]
pub struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts `command` in a process group of its own, with its output in the file `log`.
    pub fn start(command: &mut Command, log: &Path) -> Server {
        let file = File::create(log).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Server { child, log: log.to_owned() }
    }

    /// Waits until something is so.
    ///
    /// # Panics
    /// The server ends first, or it takes too long.
    #[track_caller]
    pub fn until(&mut self, event: &str, mut so: impl FnMut() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !so() {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "{event}: the server has ended, {ended:?}\n{}", self.log());
            assert!(Instant::now() < end, "{event} did not happen\n{}", self.log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until its port on 127.0.0.1 is open.
    #[track_caller]
    pub fn until_it_listens(&mut self, port: u16) {
        self.until("an open port", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has ended.
    #[track_caller]
    pub fn end(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "the server does not end\n{}", self.log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// All output until now.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        run(Command::new("kill").args(["-KILL", "--", &format!("-{}", self.child.id())]));
        let _ = self.child.wait();
    }
}

/// The machine's Java, which the peers of Maven Central run on. Without it the test is skipped.
pub fn java() -> Option<Command> {
    if Command::new("java").arg("-version").stderr(Stdio::null()).status().is_err() {
        crate::peers::skip("Java 17 or newer (on Debian: apt-get install openjdk-17-jdk-headless)");
        return None;
    }
    Some(Command::new("java"))
}
