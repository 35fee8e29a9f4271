//! The operator's cases between the first apply and the tear-down, against moto: a bootstrap that was broken
//! off, a provider that nobody has agreed to, a state that could not be written, secrets and keys that are
//! new, values that a person sets, protection that is still on.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use rideshare_tests::moto::Moto;
use rideshare_tests::run::{Run, run};
use rideshare_tests::terraform::project::Project;
use serde_json::{Value, json};

const ACCOUNT: &str = "210987654321";

fn text(project: &Project, name: &str) -> String {
    fs::read_to_string(project.at("infrastructure/terraform").join(name)).unwrap()
}

fn state(project: &Project, layer: &str) -> Value {
    let bucket = format!("s3://rideshare-{ACCOUNT}-terraform-state");
    let state = project.aws(&["s3", "cp", &format!("{bucket}/{layer}/terraform.tfstate"), "-"]);
    serde_json::from_str(&state).unwrap()
}

#[test]
fn a_bootstrap_that_was_broken_off_goes_on() {
    let Some(moto) = Moto::start(ACCOUNT) else { return };
    let Some(project) = Project::for_account(&moto.url(), ACCOUNT) else { return };
    let file = project.at("infrastructure/terraform/bootstrap/terraform.tfstate");
    // DynamoDB does not answer: the bucket is made, the table is not.
    let mut cut_off = project.command(project.at("scripts/terraform"));
    cut_off.args(["apply", "bootstrap", "-auto-approve"]);
    let done = run(cut_off.env("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")).expect(1);
    assert!(done.stderr.contains("aws_dynamodb_table.locks"), "{}", done.stderr);
    assert!(text(&project, "bootstrap/terraform.tfstate").contains("\"aws_s3_bucket\""));
    // A run that does not get any further leaves it there, too.
    let bucket = ["apply", "bootstrap", "-auto-approve", "-target=aws_s3_bucket.state"];
    project.terraform(&bucket).expect(0);
    assert!(file.exists(), "the state has left the file, and nothing locks it");
    let done = project.terraform(&["plan", "foundation"]).expect(1);
    assert!(done.stderr.contains("bootstrap is not finished"), "{}", done.stderr);

    let done = project.terraform(&["apply", "bootstrap", "-auto-approve"]).expect(0);
    assert!(!done.stdout.contains("aws_s3_bucket.state: Creating"), "{}", done.stdout);
    assert!(!file.exists());
    let resources = state(&project, "bootstrap")["resources"].to_string();
    assert!(resources.contains("aws_s3_bucket\"") && resources.contains("aws_dynamodb_table"));
    project.terraform(&["plan", "bootstrap", "-detailed-exitcode"]).expect(0);
}

#[test]
fn a_lock_file_is_kept_and_a_state_that_was_not_written_is_pushed() {
    let Some(moto) = Moto::start(ACCOUNT) else { return };
    let Some(project) = Project::for_account(&moto.url(), ACCOUNT) else { return };
    // From the plugin directory, and so for the platform that it has.
    project.terraform(&["lock", "linux_amd64"]).expect(0);
    let lock = "foundation/.terraform.lock.hcl";
    let written = text(&project, lock);
    assert!(written.contains("hashicorp/aws") && written.contains("\"h1:"), "{written}");
    secrets_are_applied(&project);
    assert_eq!(text(&project, lock), written);

    let nothing = project.terraform(&["push-state", "foundation"]).expect(0);
    assert!(nothing.stderr.contains("no apply has left a state"), "{}", nothing.stderr);
    // Terraform's leftovers when S3 does not take the state.
    let mut left = state(&project, "foundation");
    left["serial"] = json!(left["serial"].as_u64().unwrap() + 1);
    left["outputs"]["new"] = json!({"value": "made by the apply", "type": "string"});
    let errored = project.at("infrastructure/terraform/foundation/errored.tfstate");
    fs::write(&errored, left.to_string()).unwrap();
    project.terraform(&["push-state", "foundation"]).expect(0);
    let pushed = state(&project, "foundation");
    assert_eq!(pushed["outputs"]["new"], left["outputs"]["new"]);
    assert!(!errored.exists());
    // An older one is refused, and stays.
    left["serial"] = json!(1);
    fs::write(&errored, left.to_string()).unwrap();
    project.terraform(&["push-state", "foundation"]).expect(1);
    assert_eq!(state(&project, "foundation"), pushed);
    assert!(errored.exists());

    // The provider is not in it: nobody has agreed to one.
    let empty = "# Nobody's.\n";
    fs::write(project.at("infrastructure/terraform").join(lock), empty).unwrap();
    let done = project.terraform(&["plan", "foundation"]).expect(1);
    assert!(done.stderr.contains("make tf-lock"), "{}", done.stderr);
    assert_eq!(text(&project, lock), empty);
}

/// The catalogue's secrets and their key, without the rest of foundation, and without values.
fn secrets_are_applied(project: &Project) {
    project.terraform(&["apply", "bootstrap", "-auto-approve"]).expect(0);
    project
        .terraform(&["apply", "foundation", "-auto-approve", "-target=module.secrets_manager"])
        .expect(0);
}

fn set_secret(project: &Project, name: &str, text: &str) {
    let value = ["--secret-id", name, "--secret-string", text];
    project.aws(&[&["secretsmanager", "put-secret-value"][..], &value[..]].concat());
}

/// `scripts/eks` with every command line of the AWS tool written to `told`.
fn eks(project: &Project, arguments: &[&str], input: &str) -> Run {
    let mut command = project.command(project.at("scripts/eks"));
    command.args(arguments).env("TOLD", project.at("told"));
    command.env("PATH", format!("{}:{}", project.at("bin").display(), project.path));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

/// AWS deletes a version that two newer ones have followed. An apply that misses its own would write anew.
#[test]
fn values_that_are_set_again_and_again_are_left_alone_by_the_next_apply() {
    let Some(moto) = Moto::start(ACCOUNT) else { return };
    let Some(project) = Project::for_account(&moto.url(), ACCOUNT) else { return };
    secrets_are_applied(&project);
    eks(&project, &["secrets"], "").expect(0);
    assert!(
        !state(&project, "foundation").to_string().contains("aws_secretsmanager_secret_version")
    );
    let drawn = project.secret("rideshare/airflow");
    for value in ["first", "second", "third"] {
        eks(&project, &["secret", "rideshare/airflow", "ADMIN_PASSWORD"], value).expect(0);
    }
    let only = "-target=module.secrets_manager";
    project.terraform(&["plan", "foundation", "-detailed-exitcode", only]).expect(0);
    project.terraform(&["apply", "foundation", "-auto-approve", only]).expect(0);
    let mut expected = drawn;
    expected.insert("ADMIN_PASSWORD".to_owned(), "third".to_owned());
    assert_eq!(project.secret("rideshare/airflow"), expected);
}

/// Terraform comes to what is protected when nearly all else is gone.
#[test]
fn a_layer_with_something_protected_is_not_destroyed_in_part() {
    let Some(moto) = Moto::start(ACCOUNT) else { return };
    let Some(project) = Project::for_account(&moto.url(), ACCOUNT) else { return };
    project.terraform(&["apply", "bootstrap", "-auto-approve"]).expect(0);
    let apply = |protection: &str| {
        let only = ["-target=module.ecr", "-target=module.s3.aws_s3_bucket.this", protection];
        let all = [&["apply", "foundation", "-auto-approve"][..], &only[..]].concat();
        project.terraform(&all).expect(0);
    };
    let refused = |layer: &str, protected: &[&str]| {
        let before = state(&project, layer);
        let done = project.terraform(&["destroy", layer, "-auto-approve"]).expect(1);
        assert_eq!(done.stdout, "");
        assert_eq!(state(&project, layer), before, "something was destroyed");
        let errors: Vec<&str> = done
            .stderr
            .lines()
            .filter_map(|line| line.strip_prefix("terraform: error: "))
            .collect();
        assert_eq!(errors.len(), protected.len(), "{}", done.stderr);
        for expected in protected {
            assert!(errors.iter().any(|error| error.starts_with(expected)), "{}", done.stderr);
        }
        let hint = format!(
            "hint: nothing was destroyed; when all of it shall go: make tf-apply LAYER={layer} \
             ARGS='-var deletion_protection=false', then make tf-destroy LAYER={layer}"
        );
        assert!(done.stderr.contains(&hint), "{}", done.stderr);
    };
    apply("-var=deletion_protection=true");
    let made = state(&project, "foundation");
    let made = made["resources"].as_array().unwrap().iter();
    let protected: Vec<String> = made
        .filter(|made| made["type"] == "aws_s3_bucket" || made["type"] == "aws_ecr_repository")
        .flat_map(|made| {
            let of = |key: &Value| {
                let (module, kind) = (&made["module"], &made["type"]);
                format!("{}.{}.this[{key}]: ", module.as_str().unwrap(), kind.as_str().unwrap())
            };
            made["instances"].as_array().unwrap().iter().map(move |one| of(&one["index_key"]))
        })
        .collect();
    assert!(protected.len() > 10, "{protected:?}");
    refused("foundation", &protected.iter().map(String::as_str).collect::<Vec<_>>());

    apply("-var=deletion_protection=false");
    // Resources that moto would take minutes to make.
    let instance = |key: Option<&str>, protection: &str, on: bool| {
        let mut attributes = serde_json::Map::new();
        attributes.insert(protection.to_owned(), json!(on));
        json!({"index_key": key, "attributes": attributes})
    };
    let resource = |module: &str, kind: &str, instance: Value| {
        json!({
            "mode": "managed", "module": module, "type": kind, "name": "this",
            "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]", "instances": [instance],
        })
    };
    let database = instance(None, "deletion_protection", true);
    let other = instance(None, "deletion_protection", false);
    let made = json!({"version": 4, "serial": 1, "lineage": "made-up", "outputs": {}, "resources": [
        resource("module.rds[\"airflow\"]", "aws_db_instance", database),
        resource("module.rds[\"metastore\"]", "aws_db_instance", other),
        resource("module.alb", "aws_lb", instance(Some("one"), "enable_deletion_protection", true)),
    ]});
    let file = project.at("made.tfstate");
    fs::write(&file, made.to_string()).unwrap();
    let place = format!("s3://rideshare-{ACCOUNT}-terraform-state/platform/terraform.tfstate");
    project.aws(&["s3", "cp", file.to_str().unwrap(), &place]);
    refused(
        "platform",
        &["module.rds[\"airflow\"].aws_db_instance.this: ", "module.alb.aws_lb.this[\"one\"]: "],
    );
    project.aws(&["s3", "rm", &place]);
    project.terraform(&["destroy", "foundation", "-auto-approve"]).expect(0);
}

/// An `aws` that writes down its arguments, and then does what it is told.
fn watch_the_command_line(project: &Project) {
    let bin = project.at("bin");
    fs::create_dir(&bin).unwrap();
    let wrapper =
        format!("#!/bin/sh\necho \"$@\" >>\"$TOLD\"\nPATH={} exec aws \"$@\"\n", project.path);
    fs::write(bin.join("aws"), wrapper).unwrap();
    fs::set_permissions(bin.join("aws"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn keys_that_are_new_in_the_catalogue_are_drawn_and_the_others_stay() {
    let Some(moto) = Moto::start(ACCOUNT) else { return };
    let Some(project) = Project::for_account(&moto.url(), ACCOUNT) else { return };
    secrets_are_applied(&project);
    watch_the_command_line(&project);
    let done = eks(&project, &["secret", "rideshare/redis", "REDIS_PASSWORD"], "hunter1").expect(1);
    assert!(done.stderr.contains("it has no values yet: `make eks-secrets`"), "{}", done.stderr);
    let done = eks(&project, &["secrets"], "").expect(0);
    assert_eq!(done.stderr.matches(": drew ").count(), 11, "{}", done.stderr);

    // As they are when the catalogue has grown since: one key, one set by a person, one never written.
    let drawn = project.secret("rideshare/airflow");
    let mut old = drawn.clone();
    old.remove("FERNET_KEY").unwrap();
    old.insert("ADMIN_PASSWORD".to_owned(), "chosen by a person".to_owned());
    old.insert("OWN".to_owned(), "not the catalogue's".to_owned());
    set_secret(&project, "rideshare/airflow", &json!(old).to_string());
    set_secret(&project, "rideshare/kafka", "{}");
    let redis = project.secret("rideshare/redis");

    let done = eks(&project, &["secrets"], "").expect(0);
    assert_eq!(
        done.stderr.lines().collect::<Vec<_>>(),
        [
            "eks: rideshare/airflow: drew FERNET_KEY",
            "eks: rideshare/kafka: drew KAFKA_SASL_PASSWORD, KAFKA_SASL_USERNAME",
        ]
    );
    let mut new = project.secret("rideshare/airflow");
    let fernet = new.remove("FERNET_KEY").unwrap();
    assert_eq!(new, old);
    assert!(fernet.len() == 44 && fernet.ends_with('=') && fernet != drawn["FERNET_KEY"]);
    let kafka = project.secret("rideshare/kafka");
    assert!(
        kafka["KAFKA_SASL_USERNAME"].starts_with('u') && kafka["KAFKA_SASL_PASSWORD"].len() == 32
    );
    assert_eq!(project.secret("rideshare/redis"), redis);

    let versions = || {
        let listed = project.aws(&[
            "secretsmanager",
            "list-secrets",
            "--query",
            "sort_by(SecretList,&Name)[].SecretVersionsToStages",
            "--output",
            "json",
        ]);
        serde_json::from_str::<Value>(&listed).unwrap()
    };
    let before = versions();
    let done = eks(&project, &["secrets"], "").expect(0);
    assert_eq!(done.stderr, "eks: 11 secrets have all their keys\n");
    assert_eq!(versions(), before, "the second run wrote");

    // A person's value, and what is refused.
    let done =
        eks(&project, &["secret", "rideshare/redis", "REDIS_PASSWORD"], "hunter2\n").expect(0);
    assert_eq!(done.stderr, "eks: rideshare/redis: set REDIS_PASSWORD\n");
    assert_eq!(project.secret("rideshare/redis")["REDIS_PASSWORD"], "hunter2");
    let done =
        eks(&project, &["secret", "rideshare/redis", "REDIS_PASWORD"], "hunter3\n").expect(1);
    assert!(done.stderr.contains("it has no key REDIS_PASWORD: it has REDIS_PASSWORD"));
    let done = eks(&project, &["secret", "rideshare/redis", "REDIS_PASSWORD"], "\n").expect(1);
    assert!(done.stderr.contains("no value for REDIS_PASSWORD"), "{}", done.stderr);
    eks(&project, &["secret", "rideshare/redis", ""], "").expect(2);
    // All problems at once, and the valid part is done beside them.
    set_secret(&project, "rideshare/api-key", "hunter4");
    set_secret(&project, "rideshare/grafana", "[\"hunter5\"]");
    set_secret(&project, "rideshare/redis", "{}");
    // A secret that somebody deleted, and a secret without a value, because the apply was broken off.
    for name in ["rideshare/ldap", "rideshare/minio"] {
        let now = ["--secret-id", name, "--force-delete-without-recovery"];
        project.aws(&[&["secretsmanager", "delete-secret"][..], &now[..]].concat());
    }
    project.aws(&["secretsmanager", "create-secret", "--name", "rideshare/minio"]);
    let done = eks(&project, &["secrets"], "").expect(1);
    for name in ["api-key", "grafana"] {
        let expected =
            format!("error: rideshare/{name}: it is not a JSON object, and is not changed");
        assert!(done.stderr.contains(&expected), "{}", done.stderr);
    }
    let expected =
        "error: rideshare/ldap: it does not exist: `make tf-apply LAYER=foundation` creates it";
    assert!(done.stderr.contains(expected), "{}", done.stderr);
    assert!(done.stderr.contains("rideshare/redis: drew REDIS_PASSWORD"), "{}", done.stderr);
    assert!(done.stderr.contains("rideshare/minio: drew MINIO_ROOT_PASSWORD"), "{}", done.stderr);
    assert!(!done.stderr.contains("hunter"), "{}", done.stderr);

    let told = fs::read_to_string(project.at("told")).unwrap();
    assert!(told.contains("put-secret-value --secret-id rideshare/airflow"), "{told}");
    let values = new.values().chain(kafka.values()).chain(redis.values());
    for value in values.map(String::as_str).chain([fernet.as_str(), "hunter"]) {
        assert!(!told.contains(value), "a value is on a command line: {told}");
    }
}
