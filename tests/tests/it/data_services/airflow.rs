//! The scheduler's generated command under SIGTERM: a running task ends, and its log is kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rideshare_tests::peers;
use rideshare_tests::run::run;

use super::generated::{self, Service};
use super::server::{Server, free_port};
use crate::database_users::Postgres;

/// One task that ends when it is told to, by a file.
const DAG: &str = "
import datetime, os, pathlib, time
from airflow.sdk import dag, task

FOLDER = pathlib.Path(os.environ['AIRFLOW_HOME'])

@dag(schedule='@once', start_date=datetime.datetime(2026, 1, 1), is_paused_upon_creation=False)
def slow():
    @task
    def wait():
        (FOLDER / 'begun').touch()
        while not (FOLDER / 'go').exists():
            time.sleep(0.1)
        (FOLDER / 'ended').touch()
    wait()

slow()
";

struct Airflow {
    folder: tempfile::TempDir,
    bin: PathBuf,
    database: String,
    api: u16,
    password: &'static str,
}

impl Airflow {
    /// A program with the environment of a generated service; its addresses are this machine's.
    fn command(&self, service: &str, program: &str) -> Command {
        let path = format!("{}:{}", self.bin.display(), std::env::var("PATH").unwrap());
        let mut command = Command::new(program);
        for (name, value) in Service::named(service).environment() {
            let value = value
                .replace("postgres-airflow:5432", &self.database)
                .replace("airflow-webserver:8080", &format!("127.0.0.1:{}", self.api));
            command.env(name, value);
        }
        command
            .env("PATH", path)
            .env("AIRFLOW_HOME", self.folder.path())
            .env("PGUSER", "air flow")
            .env("PGPASSWORD", self.password)
            .env("AIRFLOW__CORE__FERNET_KEY", "cmlkZXNoYXJlLWRldmVsb3BtZW50LWZlcm5ldC1rZXk=")
            .env(
                "AIRFLOW__API_AUTH__JWT_SECRET",
                "of this test, and of sixty-four bytes, as the algorithm wants it",
            )
            .env("AIRFLOW__API__SECRET_KEY", "of this test")
            .current_dir(self.folder.path());
        command
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// A process-id namespace of its own, as a container has: all in it ends with it.
fn namespace(airflow: &Airflow, words: &[String]) -> Command {
    let mut command = airflow.command("airflow-scheduler", "unshare");
    if run(Command::new("id").arg("-u")).stdout.trim() != "0" {
        command.arg("--map-root-user");
    }
    command.args(["--pid", "--fork", "--kill-child", "--mount-proc"]).args(words);
    command
}

/// The process ids of a process' children.
fn children(id: u32) -> Vec<u32> {
    let text = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|id| id.parse().ok()).collect()
}

#[test]
fn a_running_task_ends_when_the_scheduler_is_stopped() {
    let Some(program) = peers::find("PEER_AIRFLOW") else { return };
    let Some(postgres) = Postgres::start() else { return };
    let password = "p \"w\" ${user.name} $HOME \\ ; @ = %24 '";
    postgres.add("air flow", password, "airflow");
    let airflow = Airflow {
        folder: tempfile::tempdir().unwrap(),
        bin: program.parent().unwrap().to_owned(),
        database: format!("127.0.0.1:{}", postgres.port),
        api: free_port(),
        password,
    };
    fs::create_dir(airflow.path("dags")).unwrap();
    fs::write(airflow.path("dags/slow.py"), DAG).unwrap();
    generated::config("airflow", &airflow.path("config"), &[]);

    run(airflow.command("airflow-webserver", "airflow").args(["db", "migrate"])).expect(0);
    let mut api = airflow.command("airflow-webserver", "airflow");
    api.args(["api-server", "--proxy-headers", "--port", &airflow.api.to_string()]);
    let mut api = Server::start(&mut api, &airflow.path("api.log"));
    api.until_it_listens(airflow.api);

    let mut words = Service::named("airflow-scheduler").command();
    assert_eq!(words[..3], ["/usr/bin/dumb-init", "--", "/entrypoint"]);
    words[0] = airflow.bin.join("dumb-init").display().to_string();
    // The image's entrypoint becomes the command after its own checks.
    words[2] = "env".to_owned();
    let mut command = namespace(&airflow, &words);
    command
        .env("AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT", free_port().to_string())
        .env("AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT", free_port().to_string());
    let mut scheduler = Server::start(&mut command, &airflow.path("scheduler.log"));
    let exists = |name: &str| airflow.path(name).exists();
    scheduler.until("a running task", || exists("begun"));

    let init = children(scheduler.id()).remove(0);
    run(Command::new("kill").args(["-TERM", &init.to_string()])).expect(0);
    let log = airflow.path("scheduler.log");
    let said = move || {
        fs::read_to_string(&log).unwrap().contains("Exiting gracefully upon receiving signal 15")
    };
    scheduler.until("the scheduler's reaction to SIGTERM", said);
    fs::write(airflow.path("go"), "").unwrap();
    let end = scheduler.end();
    assert!(exists("ended"), "the task was killed; {end}\n{}", scheduler.log());
    let sql = "SELECT state, hostname FROM task_instance";
    let state = postgres.psql("127.0.0.1", "air flow", password, "airflow", sql).expect(0);
    assert_eq!(state.stdout, "success|airflow-scheduler\n", "{}", scheduler.log());
    assert!(has_a_file(&airflow.path("logs/dag_id=slow")), "there is no log of the task");
}

fn has_a_file(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| path.is_file() || has_a_file(&path))
}

/// Airflow ignores a variable of its form that names no option.
#[test]
fn every_variable_is_an_option() {
    let Some(program) = peers::find("PEER_AIRFLOW") else { return };
    let folder = tempfile::tempdir().unwrap();
    let listed = run(Command::new(&program)
        .args(["config", "list", "--defaults", "--include-env-vars"])
        .env("AIRFLOW_HOME", folder.path()))
    .expect(0);
    let mut unknown = Vec::new();
    for service in ["airflow-webserver", "airflow-scheduler"] {
        let text = Service::named(service);
        // Those of secrets are in the line that exports them.
        let exported = text.words("/entrypoint").into_iter().nth(2).unwrap();
        let exported = exported.split_whitespace().map(str::to_owned);
        let names = text.environment().into_keys().chain(exported);
        for name in names.filter(|name| name.starts_with("AIRFLOW__")) {
            if !listed.stdout.contains(&format!("# Variable: {name}\n")) {
                unknown.push(name);
            }
        }
    }
    assert!(unknown.is_empty(), "this Airflow knows no {unknown:?}");
}
