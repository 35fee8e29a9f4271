//! `make tf-values` with outputs that are not whole: the file that Argo CD's overlay is made of stays as it was.

use std::fs;

use rideshare_tests::moto::Moto;
use rideshare_tests::run::{Run, run};
use rideshare_tests::terraform::project::Project;
use serde_json::{Value, json};

const ACCOUNT: &str = "210987654321";
const FILE: &str = "infrastructure/config/values/production.yaml";

/// States of both layers, platform's with these outputs.
fn states(project: &Project, outputs: &Value) {
    let state = |outputs: &Value| {
        let resource = json!({
            "mode": "managed", "type": "aws_kms_key", "name": "this", "instances": [],
            "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
        });
        json!({
            "version": 4, "serial": 1, "lineage": "made-up", "outputs": outputs, "resources": [resource],
        })
    };
    for (layer, outputs) in [("foundation", &json!({})), ("platform", outputs)] {
        let file = project.at("state");
        fs::write(&file, state(outputs).to_string()).unwrap();
        let place = format!("s3://rideshare-{ACCOUNT}-terraform-state/{layer}/terraform.tfstate");
        project.aws(&["s3", "cp", file.to_str().unwrap(), &place]);
    }
}

/// The output as the platform layer makes it, changed by `edit`.
fn outputs(edit: impl Fn(String) -> String) -> Value {
    let names = [
        "AWS_ACCOUNT_ID",
        "AWS_REGION",
        "CERTIFICATE_ARN",
        "CIDRS_AIRFLOW",
        "CIDRS_API",
        "CIDRS_GRAFANA",
        "CIDRS_PROMETHEUS",
        "CIDRS_TRINO",
        "DOMAIN",
        "IDENTITY_PROVIDER",
        "LOAD_BALANCER_AUTHENTICATION",
        "LOAD_BALANCER_SECURITY_GROUP",
        "RDS_AIRFLOW_HOST",
        "RDS_METASTORE_HOST",
        "REPOSITORY",
    ];
    let text: String = names.iter().map(|name| format!("\"{name}\": \"new\"\n")).collect();
    json!({ "compose_gen_values": { "value": edit(text), "type": "string" } })
}

fn values(project: &Project, tag: &str) -> Run {
    let mut command = project.command(project.at("scripts/terraform"));
    run(command.arg("values").env("IMAGE_TAG", tag))
}

#[test]
fn outputs_that_are_not_whole_leave_the_values_file() {
    let Some(moto) = Moto::start(ACCOUNT) else { return };
    let Some(project) = Project::for_moto(&moto.url()) else { return };
    let account = format!("aws_account_id={ACCOUNT}");
    let names = rideshare_tests::terraform::project::REAL_NAMES;
    project.terraform(&[&["set", &account][..], &names[..]].concat()).expect(0);
    let bucket = format!("rideshare-{ACCOUNT}-terraform-state");
    project.aws(&["s3api", "create-bucket", "--bucket", &bucket]);
    let before = fs::read_to_string(project.at(FILE)).unwrap();
    let refused = |outputs: &Value, tag: &str, expected: &str| {
        states(&project, outputs);
        let done = values(&project, tag).expect(1);
        assert!(done.stderr.contains(expected), "{}", done.stderr);
        assert_eq!(fs::read_to_string(project.at(FILE)).unwrap(), before, "{expected}");
        assert!(!project.at(&format!("{FILE}.new")).exists());
    };
    refused(&json!({}), "1.2.3", "lack AWS_ACCOUNT_ID, AWS_REGION, CERTIFICATE_ARN");
    refused(
        &outputs(|_| String::new()),
        "1.2.3",
        "lack AWS_ACCOUNT_ID, AWS_REGION, CERTIFICATE_ARN",
    );
    let missing = outputs(|text| text.replace("\"CIDRS_TRINO\": \"new\"\n", ""));
    refused(&missing, "1.2.3", "lack CIDRS_TRINO; ");
    let empty = outputs(|text| text.replace("\"DOMAIN\": \"new\"", "\"DOMAIN\": \"\""));
    refused(&empty, "1.2.3", "lack DOMAIN; ");
    refused(&outputs(|text| text), "1 2", "'1 2' is not an image tag");

    states(&project, &outputs(|text| text));
    values(&project, "1.2.3").expect(0);
    let after = fs::read_to_string(project.at(FILE)).unwrap();
    assert!(
        after.contains("\"CIDRS_TRINO\": \"new\"\n")
            && after.contains("\"IMAGE_TAG\": \"1.2.3\"\n")
    );
}
