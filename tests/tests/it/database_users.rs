//! The users that `make eks-database-users` makes, in a real PostgreSQL: they log in with the secret's
//! password, own their database, and a second run changes the password alone.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rideshare_tests::run::{Run, run};
use rideshare_tests::{peers, root};
use serde_json::json;

/// A PostgreSQL of this test, with a master like RDS': it makes roles and is no superuser.
pub(crate) struct Postgres {
    bin: PathBuf,
    /// Where it listens, on 127.0.0.1; passwords are asked for there.
    pub(crate) port: u16,
    folder: tempfile::TempDir,
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
    pub(crate) fn start() -> Option<Postgres> {
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
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
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

    pub(crate) fn psql(
        &self,
        host: &str,
        user: &str,
        password: &str,
        database: &str,
        sql: &str,
    ) -> Run {
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
    pub(crate) fn administer(&self, sql: &str) -> Run {
        self.psql(self.folder.path().to_str().unwrap(), "postgres", "", "postgres", sql)
    }

    /// A role that may log in, and a database that belongs to it.
    pub(crate) fn add(&self, user: &str, password: &str, database: &str) {
        let (name, text) = (user.replace('"', "\"\""), password.replace('\'', "''"));
        self.administer(&format!("CREATE ROLE \"{name}\" LOGIN PASSWORD '{text}'")).expect(0);
        self.administer(&format!("CREATE DATABASE {database} OWNER \"{name}\"")).expect(0);
    }

    /// Writes the program for a service's secret, and runs it as the pod would.
    fn make_user(&self, user: &str, password: &str) -> Run {
        let master = json!({"username": "rideshare_master", "password": "it's $master"});
        let service = json!({"POSTGRES_USER": user, "POSTGRES_PASSWORD": password});
        let secrets = self.folder.path().join("secrets");
        std::fs::write(&secrets, format!("{master}\n{service}\n")).unwrap();
        let script = "python3 \"$1\" 127.0.0.1 airflow <\"$2\" | bash -s";
        let path = format!("{}:{}", self.bin.display(), std::env::var("PATH").unwrap());
        run(Command::new("bash")
            .args(["-o", "pipefail", "-c", script, "make-user"])
            .arg(root().join("scripts/lib/database_users.py"))
            .arg(&secrets)
            .env("LD_LIBRARY_PATH", libraries(&self.bin))
            .env("PATH", path)
            .env("PGPORT", self.port.to_string())
            .env("PGSSLMODE", "disable"))
    }
}

/// The unpacked peer's own libraries, for a machine that lacks them.
fn libraries(bin: &Path) -> String {
    if run(Command::new(bin.join("initdb")).arg("--version")).status == 0 {
        return String::new();
    }
    let usr = bin.ancestors().nth(4).unwrap();
    let found = run(Command::new("find").arg(usr.join("lib")).args([
        "-maxdepth",
        "1",
        "-name",
        "*-linux-gnu",
    ]));
    found.stdout.lines().collect::<Vec<_>>().join(":")
}

#[test]
fn a_service_logs_in_with_its_secret_and_owns_its_database() {
    let Some(postgres) = Postgres::start() else { return };
    for sql in [
        "CREATE ROLE rideshare_master LOGIN CREATEROLE CREATEDB PASSWORD 'it''s $master'",
        "CREATE DATABASE airflow OWNER rideshare_master",
    ] {
        postgres.administer(sql).expect(0);
    }
    let service = |password: &str, sql: &str| {
        postgres.psql("127.0.0.1", "uab\"c'd", password, "airflow", sql)
    };
    postgres.make_user("uab\"c'd", "p'a\"s $(id) \\ w").expect(0);
    service("p'a\"s $(id) \\ w", "CREATE TABLE dags (id int); INSERT INTO dags VALUES (1)")
        .expect(0);
    assert_ne!(service("other", "SELECT 1").status, 0);

    postgres.make_user("uab\"c'd", "changed").expect(0);
    assert_eq!(service("changed", "SELECT count(*) FROM dags").expect(0).stdout, "1\n");
    assert_ne!(service("p'a\"s $(id) \\ w", "SELECT 1").status, 0);
    let owner = postgres
        .administer("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'airflow'");
    assert_eq!(owner.stdout, "uab\"c'd\n");
}
