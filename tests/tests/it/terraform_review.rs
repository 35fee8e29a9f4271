//! The steps between a change and its apply, against moto: plans that wait for somebody who reads them, drift,
//! a bootstrap whose checkout is gone, a hosted zone that is there already, environments, a volume from its copy.

use std::fs;

use rideshare_tests::kubernetes::Server;
use rideshare_tests::moto::Moto;
use rideshare_tests::run::{Run, run};
use rideshare_tests::terraform::project::Project;
use rideshare_tests::yaml;
use serde_json::Value;

const ACCOUNT: &str = "210987654321";
const BUCKET: &str = "rideshare-210987654321-terraform-state";

/// Foundation's key alone, which moto makes in a second.
const KEY: &str = "-target=aws_kms_key.this";

fn bootstrapped(moto: &Moto) -> Option<Project> {
    let project = Project::for_account(&moto.url(), ACCOUNT)?;
    project.terraform(&["apply", "bootstrap", "-auto-approve"]).expect(0);
    Some(project)
}

/// Saves a plan of the key, and answers with its checksum.
fn saved(project: &Project) -> String {
    let done = project.terraform(&["save-plan", "foundation", "plan.txt", KEY]).expect(0);
    done.stdout.trim().strip_prefix("plan=").unwrap_or_else(|| panic!("{}", done.stdout)).to_owned()
}

fn key_ids(project: &Project) -> String {
    let list = ["kms", "list-keys", "--query", "Keys[].KeyId", "--output", "text"];
    project.aws(&list).trim().to_owned()
}

#[test]
fn exactly_the_plan_that_was_reviewed_is_applied() {
    let Some(moto) = Moto::start(ACCOUNT) else { return };
    let Some(project) = bootstrapped(&moto) else { return };
    // moto has keys of AWS's own.
    let before = key_ids(&project);
    let plan = saved(&project);
    assert!(plan.len() == 64 && plan.bytes().all(|c| c.is_ascii_hexdigit()), "{plan}");
    let text = fs::read_to_string(project.at("plan.txt")).unwrap();
    assert!(text.contains("aws_kms_key.this will be created"), "{text}");
    assert_eq!(key_ids(&project), before);

    // The code has changed since; the plan has not.
    let file = project.at("infrastructure/terraform/foundation/kms.tf");
    let code = fs::read_to_string(&file).unwrap();
    fs::write(&file, code.replace("deletion_window_in_days = 30", "deletion_window_in_days = 7"))
        .unwrap();
    project.terraform(&["apply-plan", "foundation", &plan]).expect(0);
    assert_ne!(key_ids(&project), before);
    fs::write(&file, code).unwrap();

    // Once: the state is another one now.
    let done = project.terraform(&["apply-plan", "foundation", &plan]).expect(1);
    assert!(done.stderr.contains("Saved plan is stale"), "{}", done.stderr);
    assert_eq!(saved(&project), "");
    assert_eq!(fs::read_to_string(project.at("plan.txt")).unwrap(), "Nothing to change.\n");
}

#[test]
fn a_plan_that_somebody_has_changed_is_refused() {
    let Some(moto) = Moto::start(ACCOUNT) else { return };
    let Some(project) = bootstrapped(&moto) else { return };
    let before = key_ids(&project);
    let plan = saved(&project);
    let place = format!("s3://{BUCKET}/plans/foundation/{plan}.tfplan");
    let file = project.at("forged");
    fs::write(&file, "another plan").unwrap();
    project.aws(&["s3", "cp", file.to_str().unwrap(), &place]);
    let done = project.terraform(&["apply-plan", "foundation", &plan]).expect(1);
    assert!(done.stderr.contains("is not the one that was reviewed"), "{}", done.stderr);
    project.aws(&["s3", "rm", &place]);
    let done = project.terraform(&["apply-plan", "foundation", &plan]).expect(1);
    assert!(done.stderr.contains("cannot be read"), "{}", done.stderr);
    assert_eq!(key_ids(&project), before);
}

fn refused(project: &Project, arguments: &[&str], status: i32, expected: &str) {
    let done = project.terraform(arguments).expect(status);
    assert!(done.stderr.contains(expected), "{arguments:?}: {}", done.stderr);
}

#[test]
fn plans_and_checksums_are_asked_for_by_name() {
    let Some(project) = Project::copy("http://127.0.0.1:9") else { return };
    refused(&project, &["save-plan", "foundation"], 2, "needs a file for the plan as text");
    refused(&project, &["save-plan", "foundation", "-lock=false"], 2, "needs a file");
    refused(&project, &["save-plan", "bootstrap", "plan.txt"], 2, "applied by a person");
    refused(&project, &["apply-plan", "platform", "latest"], 2, "needs the checksum");
    refused(&project, &["apply-plan", "platform"], 2, "needs the checksum");
}

/// A copy in which foundation is its key, and platform is nothing: drift takes both layers whole.
fn small(moto: &Moto) -> Option<Project> {
    let project = Project::for_account(&moto.url(), ACCOUNT)?;
    let layer = |name: &str| project.at("infrastructure/terraform").join(name);
    for name in ["main", "outputs"] {
        fs::write(layer("foundation").join(format!("{name}.tf")), "").unwrap();
    }
    for name in ["main", "outputs", "foundation"] {
        fs::write(layer("platform").join(format!("{name}.tf")), "").unwrap();
    }
    project.terraform(&["apply", "bootstrap", "-auto-approve"]).expect(0);
    project.terraform(&["apply", "foundation", "-auto-approve"]).expect(0);
    Some(project)
}

#[test]
fn a_change_past_the_layers_is_drift() {
    let Some(moto) = Moto::start(ACCOUNT) else { return };
    let Some(project) = small(&moto) else { return };
    let done = project.terraform(&["drift"]).expect(0);
    assert_eq!(done.stderr.matches("AWS is as the layer says").count(), 2, "{}", done.stderr);
    let place = format!("s3://{BUCKET}/foundation/terraform.tfstate");
    let state: Value = serde_json::from_str(&project.aws(&["s3", "cp", &place, "-"])).unwrap();
    let resources = state["resources"].as_array().unwrap();
    let key = resources.iter().find(|made| made["type"] == "aws_kms_key").unwrap();
    let key = key["instances"][0]["attributes"]["key_id"].as_str().unwrap();
    project.aws(&["kms", "disable-key-rotation", "--key-id", key]);
    let done = project.terraform(&["drift"]).expect(1);
    assert!(done.stderr.contains("foundation: AWS is not as the layer says"), "{}", done.stderr);
    assert!(done.stderr.contains("enable_key_rotation"), "{}", done.stderr);
    assert!(done.stderr.contains("platform: AWS is as the layer says"), "{}", done.stderr);
    // A look changes nothing.
    project.terraform(&["drift"]).expect(1);
}

#[test]
fn a_bootstrap_whose_checkout_is_gone_is_taken_up() {
    let Some(moto) = Moto::start(ACCOUNT) else { return };
    let Some(first) = Project::for_account(&moto.url(), ACCOUNT) else { return };
    let mut cut_off = first.command(first.at("scripts/terraform"));
    cut_off.args(["apply", "bootstrap", "-auto-approve"]);
    run(cut_off.env("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")).expect(1);
    drop(first);

    let Some(second) = Project::for_account(&moto.url(), ACCOUNT) else { return };
    let done = second.terraform(&["apply", "bootstrap", "-auto-approve"]).expect(0);
    assert!(done.stderr.contains("is there without a state: it is taken up"), "{}", done.stderr);
    assert!(!done.stdout.contains("aws_s3_bucket.state: Creating"), "{}", done.stdout);
    second.terraform(&["plan", "bootstrap", "-detailed-exitcode"]).expect(0);
    drop(second);

    // Bucket and table are there, and the state was never written.
    let Some(third) = Project::for_account(&moto.url(), ACCOUNT) else { return };
    third.aws(&["s3", "rm", &format!("s3://{BUCKET}/bootstrap/terraform.tfstate")]);
    let locks = ["dynamodb", "delete-item", "--table-name", "rideshare-terraform-locks", "--key"];
    let checksum = format!("{{\"LockID\":{{\"S\":\"{BUCKET}/bootstrap/terraform.tfstate-md5\"}}}}");
    third.aws(&[&locks[..], &[&checksum]].concat());
    let done = third.terraform(&["apply", "bootstrap", "-auto-approve"]).expect(0);
    assert!(!done.stdout.contains("aws_dynamodb_table.locks: Creating"), "{}", done.stdout);
    third.terraform(&["plan", "bootstrap", "-detailed-exitcode"]).expect(0);
}

fn zone(project: &Project, name: &str, more: &[&str]) -> String {
    let create = ["route53", "create-hosted-zone", "--name", name, "--caller-reference", name];
    let query = ["--query", "HostedZone.Id", "--output", "text"];
    let id = project.aws(&[&create[..], more, &query[..]].concat());
    id.trim().rsplit('/').next().unwrap().to_owned()
}

#[test]
fn a_hosted_zone_that_is_there_has_to_fit() {
    let Some(moto) = Moto::start(ACCOUNT) else { return };
    let Some(project) = bootstrapped(&moto) else { return };
    let with = |zone: &str| -> Run {
        project.terraform(&["set", &format!("hosted_zone_id={zone}")]).expect(0);
        project.terraform(&["plan", "foundation", KEY])
    };
    let parent = zone(&project, "moto-platform.net.", &[]);
    with(&parent).expect(0);
    let subdomain = zone(&project, "rides.moto-platform.net.", &[]);
    with(&subdomain).expect(0);
    let other = zone(&project, "platform.net.", &[]);
    let done = with(&other).expect(1);
    let said = format!(
        "the hosted zone {other} is for platform.net, and the domain is rides.moto-platform.net"
    );
    assert!(done.stderr.contains(&said), "{}", done.stderr);
    let done = with("Z0123456789ABCDEFGHIJ").expect(1);
    assert!(done.stderr.contains("Z0123456789ABCDEFGHIJ cannot be read"), "{}", done.stderr);
    with("").expect(0);
}

fn with_environment(project: &Project, name: &str, arguments: &[&str]) -> Run {
    let mut command = project.command(project.at("scripts/terraform"));
    run(command.args(arguments).env("ENVIRONMENT", name))
}

#[test]
fn an_environment_is_a_folder_and_an_account() {
    let Some(moto) = Moto::start("111122223333") else { return };
    let Some(project) = Project::for_moto(&moto.url()) else { return };
    let done = with_environment(&project, "test", &["plan", "foundation"]).expect(2);
    assert!(
        done.stderr.contains("there is no environment 'test': prod, staging"),
        "{}",
        done.stderr
    );

    let file =
        |name: &str| fs::read_to_string(project.at("infrastructure/terraform").join(name)).unwrap();
    let defaults = file("foundation/variables.tf");
    let prod = file("environments/prod/foundation.tfvars");
    let names = [
        "set",
        "domain=staging.moto-platform.net",
        "github_repository=moto/infra",
        "application_repository=moto/app",
        "cluster_endpoint_cidrs=100.64.8.0/24",
        "airflow_cidrs=100.64.8.0/24",
        "api_cidrs=100.64.8.0/24",
        "grafana_cidrs=100.64.8.0/24",
        "prometheus_cidrs=100.64.8.0/24",
        "trino_cidrs=100.64.8.0/24",
    ];
    let done = with_environment(&project, "staging", &names).expect(0);
    assert!(done.stderr.contains("in the tfvars of staging"), "{}", done.stderr);
    assert!(
        file("environments/staging/foundation.tfvars").contains("\"staging.moto-platform.net\"")
    );
    assert_eq!(file("foundation/variables.tf"), defaults);
    assert_eq!(file("environments/prod/foundation.tfvars"), prod);
    let done = with_environment(&project, "staging", &["set", "trino_cidrs=0.0.0.0/0"]).expect(1);
    assert!(done.stderr.contains("no file was changed"), "{}", done.stderr);
    let done = with_environment(&project, "staging", &["set", "environment=prod"]).expect(2);
    assert!(done.stderr.contains("the folder of the settings"), "{}", done.stderr);

    with_environment(&project, "staging", &["apply", "bootstrap", "-auto-approve"]).expect(0);
    let done =
        with_environment(&project, "staging", &["plan", "foundation", "-no-color"]).expect(0);
    assert!(done.stdout.contains("\"rideshare-staging-operator\""), "{}", done.stdout);
    assert!(done.stdout.contains("environment:staging"), "{}", done.stdout);
    assert!(!done.stdout.contains("rideshare-prod-"), "{}", done.stdout);

    // Two environments in one account would fight for the names of secrets and buckets.
    project.terraform(&["set", "aws_account_id=111122223333"]).expect(0);
    let done = with_environment(&project, "staging", &["plan", "foundation"]).expect(1);
    assert!(
        done.stderr.contains("prod/foundation.tfvars is for the account 111122223333, too"),
        "{}",
        done.stderr
    );
}

/// A volume of a pod's with one copy, as AWS Backup makes it; answers with both ids.
fn copied(project: &Project, claim: &str) -> (String, String) {
    let tags = |of: &str| {
        format!(
            "ResourceType={of},Tags=[{{Key=kubernetes.io/created-for/pvc/name,Value={claim}}},\
             {{Key=kubernetes.io/created-for/pvc/namespace,Value=rideshare-prod}}]"
        )
    };
    let made = ["ec2", "create-volume", "--availability-zone", "us-east-1b", "--size", "3"];
    let volume = project.aws(
        &[
            &made[..],
            &["--tag-specifications", &tags("volume"), "--query", "VolumeId", "--output", "text"],
        ]
        .concat(),
    );
    let made = ["ec2", "create-snapshot", "--volume-id", volume.trim()];
    let snapshot = project.aws(
        &[
            &made[..],
            &[
                "--tag-specifications",
                &tags("snapshot"),
                "--query",
                "SnapshotId",
                "--output",
                "text",
            ],
        ]
        .concat(),
    );
    (volume.trim().to_owned(), snapshot.trim().to_owned())
}

fn restored(project: &Project, arguments: &[&str]) -> Run {
    run(project.command(project.at("scripts/eks")).arg("restore-volume").args(arguments))
}

#[test]
fn a_volume_comes_back_from_its_copy() {
    let Some(moto) = Moto::start(ACCOUNT) else { return };
    let Some(project) = Project::for_moto(&moto.url()) else { return };
    project.terraform(&["set", &format!("aws_account_id={ACCOUNT}")]).expect(0);
    let (old, snapshot) = copied(&project, "grafana-data");
    let (_, other) = copied(&project, "redis-data");

    let done = restored(&project, &["grafana-data"]).expect(0);
    let objects = yaml::documents(&done.stdout);
    let new = objects[0]["spec"]["csi"]["volumeHandle"].as_str().unwrap().to_owned();
    assert_ne!(new, old);
    assert_eq!(objects[1]["spec"]["volumeName"], new.as_str());
    let query =
        "Volumes[0].[SnapshotId, AvailabilityZone, Size, Tags[?Key=='Project'].Value | [0]]";
    let told =
        ["ec2", "describe-volumes", "--volume-ids", &new, "--query", query, "--output", "text"];
    let volume = project.aws(&told);
    let expected = [snapshot.as_str(), "us-east-1b", "3", "rideshare"];
    assert_eq!(volume.split_whitespace().collect::<Vec<_>>(), expected);
    if let Some(server) = Server::shared() {
        let answer = server.dry_run(&done.stdout);
        assert_eq!(answer.refusals, Vec::<String>::new());
    }

    let done = restored(&project, &["grafana-data", &other]).expect(1);
    assert!(
        done.stderr.contains("is not a snapshot of the volume of rideshare-prod/grafana-data"),
        "{}",
        done.stderr
    );
    let done = restored(&project, &["trino-data"]).expect(1);
    assert!(done.stderr.contains("there is no snapshot of the volume"), "{}", done.stderr);
    project.aws(&["ec2", "delete-volume", "--volume-id", &old]);
    let done = restored(&project, &["grafana-data"]).expect(1);
    assert!(done.stderr.contains("ZONE=us-east-1a"), "{}", done.stderr);
    restored(&project, &["grafana-data", "not-a-snapshot"]).expect(2);
}
