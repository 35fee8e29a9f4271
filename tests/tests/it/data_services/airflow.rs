//! The scheduler's generated command under SIGTERM: a running task ends, and its log is kept.

use std::fs;
use std::path::Path;
use std::process::Command;

use rideshare_tests::peers;
use rideshare_tests::run::run;

use super::airflow_server::{ADMIN, ADMIN_PASSWORD, Airflow};
use rideshare_tests::services::generated::Service;

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

#[test]
fn a_running_task_ends_when_the_scheduler_is_stopped() {
    let Some(airflow) = Airflow::new() else { return };
    fs::create_dir(airflow.path("dags")).unwrap();
    fs::write(airflow.path("dags/slow.py"), DAG).unwrap();
    let _api = airflow.start_api();
    assert_eq!(airflow.log_in(ADMIN, ADMIN_PASSWORD), "201");
    assert_eq!(airflow.log_in(ADMIN, "another"), "401");
    let mut scheduler = airflow.start_scheduler();
    let exists = |name: &str| airflow.path(name).exists();
    scheduler.until("a running task", || exists("begun"));

    Airflow::terminate(&scheduler);
    let log = airflow.path("scheduler.log");
    let said = move || {
        fs::read_to_string(&log).unwrap().contains("Exiting gracefully upon receiving signal 15")
    };
    scheduler.until("the scheduler's reaction to SIGTERM", said);
    fs::write(airflow.path("go"), "").unwrap();
    let end = scheduler.end();
    assert!(exists("ended"), "the task was killed; {end}\n{}", scheduler.log());
    let state = airflow.ask("SELECT state, hostname FROM task_instance");
    assert_eq!(state, "success|airflow-scheduler\n", "{}", scheduler.log());
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
        // The variables of secrets are in the line that exports them.
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
