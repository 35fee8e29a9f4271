//! Jobs that failed, and Jobs that changed.

use super::*;

fn job(script: &str) -> Value {
    let mut job = workload("Job", "seed", script);
    job["spec"]["backoffLimit"] = 0.into();
    job
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_mended_job_is_made_again() {
    let Some(case) = Case::new("job-mended") else { return };
    let failed = case.deploy(&[job("echo cannot reach store; exit 1")], &[]).expect(1);
    says(&failed, &["error[job-failed]: Job/seed", "cannot reach store", "--retry-jobs"]);
    case.deploy(&[job("echo done")], &[]).expect(0);
}

/// The rest of the overlay is applied, and the answer stays no.
#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_job_that_failed_before_blocks_nothing_and_is_retried_on_request() {
    let Some(case) = Case::new("job-again") else { return };
    let marks = "[ -e /data/mended ] || exit 1";
    let mut seed = job(marks);
    let pod = &mut seed["spec"]["template"]["spec"];
    pod["volumes"] = json!([{"name": "data", "configMap": {"name": "state", "optional": true}}]);
    pod["containers"][0]["volumeMounts"] = json!([{"name": "data", "mountPath": "/data"}]);
    case.deploy(&[seed.clone()], &[]).expect(1);
    let rest = [seed.clone(), workload("Deployment", "web", RUNS), config("late")];
    let again = case.deploy(&rest, &[]).expect(1);
    says(&again, &["error[job-failed]: Job/seed", "--retry-jobs"]);
    assert!(case.is_there("configmap", "late"));
    until("the rest", || case.get("deployment", "web")["status"]["readyReplicas"] == 1);
    case.kubectl(&["create", "configmap", "state", "--from-literal=mended=yes"]);
    case.deploy(&rest, &["--retry-jobs"]).expect(0);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_changed_job_that_is_over_is_made_again_and_one_that_runs_only_on_request() {
    let Some(case) = Case::new("job-changed") else { return };
    case.deploy(&[job("echo one")], &[]).expect(0);
    case.deploy(&[job("echo two")], &[]).expect(0);
    let runs = case.deploy(&[job("while :; do sleep 1; done")], &["--timeout", "6s"]).expect(3);
    says(&runs, &["Job/seed is not ready: running"]);
    until("it to run", || case.get("job", "seed")["status"]["ready"] == 1);
    let refused = case.deploy(&[job("echo three")], &[]).expect(1);
    says(&refused, &["error[immutable]: Job/seed", "it is running"]);
    case.deploy(&[job("echo three")], &["--recreate"]).expect(0);
}

#[test]
#[ignore = "the_cases_on_a_real_cluster starts it"]
fn a_cron_jobs_failure_is_history_once_a_later_job_succeeded() {
    let Some(case) = Case::new("cron") else { return };
    let mut cron = json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "night"},
        "spec": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": job("exit 1")["spec"]}}});
    case.deploy(&[cron.clone()], &[]).expect(0);
    let made = |name: &str| {
        case.kubectl(&["create", "job", name, "--from=cronjob/night"]);
    };
    made("first");
    until("it to fail", || case.get("job", "first")["status"]["failed"] == 1);
    let wait = ["wait", "--for=condition=Failed", "job/first", "--timeout=60s"];
    case.kubectl(&wait);
    let before = case.tool(&["status"]);
    says(&before, &["Job/first (cron)[failed]"]);
    cron["spec"]["jobTemplate"]["spec"] = job("true")["spec"].clone();
    case.deploy(&[cron], &[]).expect(0);
    // Kubernetes' times have whole seconds, and the second Job must be the later one.
    let created = case.get("job", "first")["metadata"]["creationTimestamp"].clone();
    until("a later second", || {
        let now = run(Command::new("date").args(["-u", "+%FT%TZ"])).expect(0).stdout;
        now.trim() > created.as_str().unwrap()
    });
    made("second");
    case.kubectl(&["wait", "--for=condition=Complete", "job/second", "--timeout=60s"]);
    until("the CronJob to know", || {
        case.get("cronjob", "night")["status"]["lastSuccessfulTime"].is_string()
    });
    let after = case.tool(&["status"]);
    assert!(!after.stdout.contains("Job/first (cron)[failed]"), "{}", after.stdout);
}
