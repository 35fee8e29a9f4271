//! A PostgreSQL of one test.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::run::{Run, run};
use crate::{peers, port};

/// A running PostgreSQL. A connection over TCP needs a password; one over the socket needs none.
#[derive(Debug)]
pub struct Postgres {
    /// The folder of its programs.
    pub bin: PathBuf,
    /// Where it listens, on 127.0.0.1; passwords are asked for there.
    pub port: u16,
    /// Its socket, and room for a test's files.
    pub folder: tempfile::TempDir,
    server: Child,
    _copy: tempfile::TempDir,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// PostgreSQL refuses to run as root.
fn unprivileged(program: &Path) -> Command {
    let root = run(Command::new("id").arg("-u")).stdout.trim() == "0";
    if !root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program);
    command
}

impl Postgres {
    /// Starts it; `None` when it is not installed.
    ///
    /// # Panics
    /// It does not start.
    pub fn start() -> Option<Postgres> {
        let (copy, program) = peers::for_any_user(&peers::find("PEER_POSTGRES")?);
        let bin = program.parent().unwrap().to_owned();
        let folder = tempfile::tempdir().unwrap();
        run(Command::new("chmod").arg("0777").arg(folder.path())).expect(0);
        let data = folder.path().join("data");
        let libraries = libraries(&bin);
        run(unprivileged(&bin.join("initdb"))
            .args([
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                "--username=postgres",
                "--no-sync",
                "--pgdata",
            ])
            .arg(&data)
            .env("LD_LIBRARY_PATH", &libraries)
            .current_dir(folder.path()))
        .expect(0);
        let port = port::free();
        let server = unprivileged(&bin.join("postgres"))
            .args(["-c", "fsync=off", "-p", &port.to_string(), "-k"])
            .arg(folder.path())
            .arg("-D")
            .arg(&data)
            .env("LD_LIBRARY_PATH", &libraries)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let postgres = Postgres { bin, port, folder, server, _copy: copy };
        let started = Instant::now();
        while postgres.administer("SELECT 1").status != 0 {
            assert!(started.elapsed() < Duration::from_secs(60), "PostgreSQL does not answer");
            std::thread::sleep(Duration::from_millis(100));
        }
        Some(postgres)
    }

    /// Runs a statement as a user that logs in.
    pub fn psql(&self, host: &str, user: &str, password: &str, database: &str, sql: &str) -> Run {
        run(Command::new(self.bin.join("psql"))
            .args(["--no-psqlrc", "--tuples-only", "--no-align", "--command", sql])
            .env("LD_LIBRARY_PATH", libraries(&self.bin))
            .env("PGHOST", host)
            .env("PGPORT", self.port.to_string())
            .env("PGUSER", user)
            .env("PGPASSWORD", password)
            .env("PGDATABASE", database))
    }

    /// As the superuser, without a password.
    pub fn administer(&self, sql: &str) -> Run {
        self.psql(self.folder.path().to_str().unwrap(), "postgres", "", "postgres", sql)
    }

    /// A role that may log in, and a database that belongs to it.
    pub fn add(&self, user: &str, password: &str, database: &str) {
        let (name, text) = (user.replace('"', "\"\""), password.replace('\'', "''"));
        self.administer(&format!("CREATE ROLE \"{name}\" LOGIN PASSWORD '{text}'")).expect(0);
        self.administer(&format!("CREATE DATABASE {database} OWNER \"{name}\"")).expect(0);
    }
}

/// The unpacked peer's own libraries, for a machine that lacks them.
pub fn libraries(bin: &Path) -> String {
    if run(Command::new(bin.join("initdb")).arg("--version")).status == 0 {
        return String::new();
    }
    peers::libraries(bin.ancestors().nth(5).unwrap())
}
