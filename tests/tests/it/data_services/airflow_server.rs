//! Airflow with the generated environment and commands of its two services, on a PostgreSQL of one test.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use rideshare_tests::run::run;
use rideshare_tests::{peers, port};
use serde_json::{Value, json};

use rideshare_tests::services::generated::{self, Service};
use rideshare_tests::services::postgres::Postgres;
use rideshare_tests::services::server::Server;

const USER: &str = "air flow";
const PASSWORD: &str = "p \"w\" ${user.name} $HOME \\ ; @ = %24 '";

/// Both begin as an option of a command line does.
pub(super) const ADMIN: &str = "--role !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

pub(super) const ADMIN_PASSWORD: &str = "-p !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ${user.name}";

pub(super) struct Airflow {
    folder: tempfile::TempDir,
    bin: PathBuf,
    postgres: Postgres,
    api: u16,
    /// Variables that the scheduler gets besides, or in place of, the generated ones.
    variables: Vec<(String, OsString)>,
}

impl Airflow {
    pub(super) fn new() -> Option<Airflow> {
        let program = peers::find("PEER_AIRFLOW")?;
        let postgres = Postgres::start()?;
        postgres.add(USER, PASSWORD, "airflow");
        let airflow = Airflow {
            folder: tempfile::tempdir().unwrap(),
            bin: program.parent().unwrap().to_owned(),
            postgres,
            api: port::free(),
            variables: Vec::new(),
        };
        generated::config("airflow", &airflow.path("config"), &[]);
        Some(airflow)
    }

    /// A path in `AIRFLOW_HOME`.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folders in which the services look for programs.
    pub(super) fn search_path(&self) -> String {
        format!("{}:{}", self.bin.display(), std::env::var("PATH").unwrap())
    }

    /// The tasks' logs.
    pub(super) fn task_logs(&self) -> String {
        let files = ["-r", "", "--include=*.log", "--no-filename"];
        let lines = run(Command::new("grep").args(files).arg(self.path("logs"))).stdout;
        let event = |line: &str| -> Option<String> {
            let line: Value = serde_json::from_str(line).ok()?;
            Some(format!("{}\n", line["event"].as_str()?))
        };
        lines.lines().filter_map(event).collect()
    }

    /// A variable of the scheduler's.
    pub(super) fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.variables.push((name.to_owned(), value.into()));
    }

    /// A program with the environment of a generated service; its addresses are this machine's.
    pub(super) fn command(&self, service: &str, program: &str) -> Command {
        let mut command = Command::new(program);
        for (name, value) in Service::named(service).environment() {
            let value = value
                .replace("postgres-airflow:5432", &format!("127.0.0.1:{}", self.postgres.port))
                .replace("airflow-webserver:8080", &format!("127.0.0.1:{}", self.api));
            command.env(name, value);
        }
        command
            .env("PATH", self.search_path())
            .env("AIRFLOW_HOME", self.folder.path())
            .env("PGUSER", USER)
            .env("PGPASSWORD", PASSWORD)
            .env("AIRFLOW_ADMIN_USERNAME", ADMIN)
            .env("AIRFLOW_ADMIN_PASSWORD", ADMIN_PASSWORD)
            .env("AIRFLOW__CORE__FERNET_KEY", "cmlkZXNoYXJlLWRldmVsb3BtZW50LWZlcm5ldC1rZXk=")
            .env(
                "AIRFLOW__API_AUTH__JWT_SECRET",
                "of this test, and of sixty-four bytes, as the algorithm wants it",
            )
            .env("AIRFLOW__API__SECRET_KEY", "of this test")
            .current_dir(self.folder.path());
        command
    }

    /// A program with the environment of a task.
    pub(super) fn task(&self, program: &str) -> Command {
        let mut command = self.command("airflow-scheduler", program);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Makes the schema, as the image's entrypoint does, and starts the API server by its generated command, which makes
    /// the administrator.
    pub(super) fn start_api(&self) -> Server {
        run(self.command("airflow-webserver", "airflow").args(["db", "migrate"])).expect(0);
        let words = Service::named("airflow-webserver").command();
        assert_eq!(words[..5], ["/usr/bin/dumb-init", "--", "/entrypoint", "bash", "-c"]);
        let script =
            words[5].replace("/opt/airflow/config", &self.path("config").display().to_string());
        let mut api = self.command("airflow-webserver", "bash");
        api.args(["-c", &format!("{script} --port {}", self.api)]);
        let mut api = Server::start(&mut api, &self.path("api.log"));
        api.until_it_listens(self.api);
        api
    }

    /// The HTTP status with which Airflow answers a login.
    pub(super) fn log_in(&self, user: &str, password: &str) -> String {
        let login = json!({"username": user, "password": password}).to_string();
        let url = format!("http://127.0.0.1:{}/auth/token", self.api);
        run(Command::new("curl")
            .args(["--silent", "--output", "/dev/null", "--write-out", "%{http_code}"])
            .args(["--header", "Content-Type: application/json", "--data", &login, &url]))
        .expect(0)
        .stdout
    }

    /// Starts the scheduler by its generated command, in a process-id namespace of its own, as a container has:
    /// all in it ends with it.
    pub(super) fn start_scheduler(&self) -> Server {
        let mut words = Service::named("airflow-scheduler").command();
        assert_eq!(words[..3], ["/usr/bin/dumb-init", "--", "/entrypoint"]);
        words[0] = self.bin.join("dumb-init").display().to_string();
        // The image's entrypoint becomes the command after its own checks.
        words[2] = "env".to_owned();
        let mut command = self.command("airflow-scheduler", "unshare");
        if run(Command::new("id").arg("-u")).stdout.trim() != "0" {
            command.arg("--map-root-user");
        }
        command
            .args(["--pid", "--fork", "--kill-child", "--mount-proc"])
            .args(words)
            .env("AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT", port::free().to_string())
            .env("AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT", port::free().to_string())
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        Server::start(&mut command, &self.path("scheduler.log"))
    }

    /// Sends SIGTERM to the init process of the scheduler's namespace, as an engine does to stop a container.
    pub(super) fn terminate(scheduler: &Server) {
        let id = scheduler.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        let init = children.split_whitespace().next().unwrap();
        run(Command::new("kill").args(["-TERM", init])).expect(0);
    }

    /// The answer of Airflow's database.
    pub(super) fn ask(&self, sql: &str) -> String {
        self.postgres.psql("127.0.0.1", USER, PASSWORD, "airflow", sql).expect(0).stdout
    }
}
