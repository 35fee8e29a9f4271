//! The DAGs of the Airflow image: a real scheduler runs them with real dbt and export-dbt.
//!
//! LocalStack is the lake. Trino is a stand-in, which knows a bronze table once the table has a log.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use rideshare_tests::dbt;
use rideshare_tests::localstack::LocalStack;
use rideshare_tests::run::run;
use rideshare_tests::{peers, root, tool};
use serde_json::Value;

use super::airflow_server::Airflow;
use super::bronze;
use crate::monitoring::{Collector, get, prometheus};
use crate::trino_stand_in::{Trino, fine, refused};
use rideshare_tests::services::generated::Service;
use rideshare_tests::services::metastore::bucket;
use rideshare_tests::services::object_store;
use rideshare_tests::services::server::Server;

/// A test that fails as long as there are trips.
const FAILING_TEST: &str = "select count(*) as trips from {{ ref('stg_trips') }} having trips > 0";

/// The runs of a DAG that have ended, with the states of the run and its tasks.
fn ended(airflow: &Airflow, dag: &str) -> Vec<String> {
    let sql = format!(
        "SELECT r.state || ':' || (SELECT string_agg(t.task_id || '=' || t.state, ',' ORDER BY t.task_id)
             FROM task_instance t WHERE t.dag_id = r.dag_id AND t.run_id = r.run_id)
         FROM dag_run r WHERE r.dag_id = '{dag}' AND r.state IN ('success', 'failed') ORDER BY r.id"
    );
    airflow.ask(&sql).lines().map(str::to_owned).collect()
}

/// Waits for the `number`th run of a DAG.
pub(super) fn run_number(
    airflow: &Airflow,
    scheduler: &mut Server,
    dag: &str,
    number: usize,
) -> String {
    scheduler.until(&format!("run {number} of {dag}"), || ended(airflow, dag).len() >= number);
    ended(airflow, dag).remove(number - 1)
}

/// The names of the objects in a bucket.
fn objects(url: &str, bucket: &str) -> Vec<String> {
    let script = "
import sys, urllib.request, xml.etree.ElementTree as xml
tree = xml.fromstring(urllib.request.urlopen(sys.argv[1]).read())
print(*[e.text for e in tree.iter() if e.tag.endswith('Key')], sep='\\n')";
    let done =
        run(Command::new("python3").args(["-c", script, &format!("{url}/{bucket}?list-type=2")]));
    done.expect(0).stdout.lines().map(str::to_owned).collect()
}

pub(super) fn trigger(airflow: &Airflow, dag: &str) {
    run(airflow.command("airflow-webserver", "airflow").args(["dags", "trigger", dag])).expect(0);
}

/// The image's folders and programs, in the folder of one test.
pub(super) fn image(airflow: &mut Airflow) {
    let dags = root().join("infrastructure/docker/dockerfiles/airflow/dags");
    run(Command::new("cp").arg("-r").arg(dags).arg(airflow.path("dags"))).expect(0);
    run(Command::new("cp").arg("-r").arg(root().join("tests/dbt")).arg(airflow.path("dbt")))
        .expect(0);
    fs::create_dir_all(airflow.path("data")).unwrap();
    fs::create_dir_all(airflow.path("bin")).unwrap();
    for (name, program) in
        [("dbt", peers::find("PEER_DBT").unwrap()), ("export-dbt", tool("export-dbt"))]
    {
        std::os::unix::fs::symlink(program, airflow.path("bin").join(name)).unwrap();
    }
    let delta = root().join("infrastructure/config/delta");
    for (name, value) in Service::named("airflow-scheduler").environment() {
        let here = value
            .replace("/opt/rideshare/dbt-data", airflow.path("data").to_str().unwrap())
            .replace("/opt/rideshare/dbt", airflow.path("dbt").to_str().unwrap())
            .replace("/etc/rideshare/delta", delta.to_str().unwrap());
        if here != value {
            airflow.set(&name, here);
        }
    }
    let path = format!("{}:{}", airflow.path("bin").display(), airflow.search_path());
    airflow.set("PATH", path);
}

#[test]
fn the_lake_is_published_after_its_tests_and_bronze_registered_when_it_appears() {
    let Some(project) = dbt::project() else { return };
    let (Some(prometheus_binary), Some(collector_binary)) =
        (peers::find("PEER_PROMETHEUS"), peers::find("PEER_OTEL_COLLECTOR"))
    else {
        return;
    };
    let (Some(mut airflow), Some(lake)) = (Airflow::new(), LocalStack::shared()) else { return };
    if bronze::write(&project, lake, "dags").is_none() {
        return;
    }
    let trino = Trino::start(|statement, times| match statement {
        text if text.contains("'bronze_trips'") && times < 2 => refused("No transaction log found"),
        text if text.contains("'dlq_bronze_trips'") => refused("No transaction log found"),
        _ => fine(),
    });
    image(&mut airflow);
    let folder = tempfile::tempdir().unwrap();
    let nobody = ([127, 0, 0, 1], 9).into();
    let (_prometheus, metrics) = prometheus(&prometheus_binary, folder.path(), "{}");
    let collector = Collector::start(&collector_binary, folder.path(), metrics, nobody, nobody);
    for (name, value) in [
        ("TRINO_URL", trino.url()),
        ("DBT_BRONZE_URL", "s3://dags-bronze".to_owned()),
        ("EXPORT_TARGET", "s3://dags-{layer}/{table}".to_owned()),
        ("AWS_ENDPOINT_URL_S3", object_store::url(lake)),
        ("AWS_ACCESS_KEY_ID", object_store::USER.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", object_store::PASSWORD.to_owned()),
        // Only the runs that the scheduler starts at once, and those that this test asks for.
        ("LAKE_SCHEDULE", "0 0 1 1 *".to_owned()),
        ("BRONZE_SCHEDULE", "0 0 1 1 *".to_owned()),
        ("AIRFLOW__CORE__DEFAULT_TASK_RETRIES", "0".to_owned()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", collector.http)),
        ("OTEL_METRIC_EXPORT_INTERVAL", "1000".to_owned()),
    ] {
        airflow.set(name, value);
    }
    for layer in ["silver", "gold"] {
        bucket(lake, &format!("dags-{layer}"));
    }
    let _api = airflow.start_api();
    let mut scheduler = airflow.start_scheduler();

    let first = run_number(&airflow, &mut scheduler, "lake", 1);
    assert_eq!(first, "success:build=success,publish=success", "{}", airflow.task_logs());
    let published = objects(&lake.url(), "dags-gold");
    let version = |number: u32| format!("mart_trips/_delta_log/{number:020}.json");
    assert!(published.contains(&version(0)), "{published:?}");
    let registered = |table: &str| {
        let seen = trino.seen();
        seen.iter().filter(|one| one.contains("register_table") && one.contains(table)).count()
    };
    assert!(registered("'s3://dags-gold/mart_trips'") > 0, "{:?}", trino.seen());

    let registering = run_number(&airflow, &mut scheduler, "bronze", 1);
    assert_eq!(registering, "success:register=success", "{}", airflow.task_logs());
    assert!(airflow.task_logs().contains("bronze_trips: no data yet"), "{}", airflow.task_logs());
    trigger(&airflow, "bronze");
    let registering = run_number(&airflow, &mut scheduler, "bronze", 2);
    assert_eq!(registering, "success:register=success", "{}", airflow.task_logs());
    assert!(airflow.task_logs().contains("bronze_trips: registered"), "{}", airflow.task_logs());

    trigger(&airflow, "lake");
    let second = run_number(&airflow, &mut scheduler, "lake", 2);
    assert_eq!(second, "success:build=success,publish=success", "{}", airflow.task_logs());
    assert_eq!(objects(&lake.url(), "dags-gold"), published, "the same data is no new version");

    fs::write(airflow.path("dbt/tests/assert_no_trips.sql"), FAILING_TEST).unwrap();
    fs::write(
        airflow.path("dbt/models/dashboards/gold/new_table.sql"),
        "{{ config(contract={'enforced': false}) }} select 1 as number",
    )
    .unwrap();
    trigger(&airflow, "lake");
    let third = run_number(&airflow, &mut scheduler, "lake", 3);
    assert_eq!(third, "failed:build=failed,publish=upstream_failed", "{}", airflow.task_logs());
    assert_eq!(objects(&lake.url(), "dags-gold"), published, "a failed test publishes nothing");

    // As when somebody starts the task `publish` alone.
    let held = run(&mut airflow.task("export-dbt")).expect(1);
    assert!(held.stderr.contains("stg_trips"), "{}", held.transcript(&[]));

    for expression in airflows_panels() {
        let asked = format!("/api/v1/query?query={}", percent(&expression));
        let answered = || get(metrics, &asked).is_some_and(|text| text.contains("\"metric\""));
        scheduler.until(&format!("an answer to {expression}"), answered);
    }
}

/// The expressions of the dashboards that ask for Airflow's metrics.
fn airflows_panels() -> Vec<String> {
    let path = root().join("infrastructure/config/grafana/dashboards/pipeline.json");
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().unwrap());
    let expressions = targets.filter_map(|target| target["expr"].as_str());
    let all: Vec<_> =
        expressions.filter(|text| text.contains("airflow_")).map(str::to_owned).collect();
    assert!(all.len() >= 4, "{all:?}");
    all
}

/// A text in an address.
fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        let _ = write!(all, "%{byte:02X}");
        all
    })
}

/// A DAG that starts paused never runs; two runs at once would write one DuckDB file.
#[test]
fn the_dags_run_one_at_a_time_and_are_not_paused() {
    let folder = root().join("infrastructure/docker/dockerfiles/airflow/dags");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        for setting in ["max_active_runs=1", "is_paused_upon_creation=False", "catchup=False"] {
            assert!(text.contains(setting), "{}: {setting}", path.display());
        }
        let operators = text.matches("BashOperator(").count();
        assert_eq!(text.matches("append_env=True").count(), operators, "{}", path.display());
    }
}
