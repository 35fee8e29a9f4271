//! The contract between the Terraform layers and the specification, without Terraform and without a
//! network; and proof that each breach of it is seen, made in a copy.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use rideshare_tests::root;
use rideshare_tests::run::run;
use rideshare_tests::terraform::contract::problems;

/// A copy of the files that the contract reads.
fn copy() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for folder in ["terraform", "platform", "config"] {
        let from = root().join("infrastructure").join(folder);
        run(Command::new("cp").arg("-r").arg(from).arg(copy.path())).expect(0);
    }
    copy
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

/// The problems after `file` was changed from one text to another.
#[track_caller]
fn changed(file: &str, change: impl FnOnce(&str) -> String) -> Vec<String> {
    let copy = copy();
    let before = read(copy.path(), file);
    let after = change(&before);
    assert!(before != after, "{file} was not changed");
    fs::write(copy.path().join(file), after).unwrap();
    problems(copy.path())
}

#[track_caller]
fn one(problems: &[String], expected: &str) {
    assert!(
        problems.len() == 1 && problems[0].contains(expected),
        "not one problem with \"{expected}\": {problems:#?}"
    );
}

#[test]
fn the_layers_keep_their_promises() {
    assert_eq!(problems(&root().join("infrastructure")), Vec::<String>::new());
}

#[test]
fn each_output_that_platform_reads_is_missed_when_it_is_deleted() {
    let infrastructure = root().join("infrastructure");
    let mut read_outputs = BTreeSet::new();
    let platform = infrastructure.join("terraform/platform");
    let files = run(Command::new("find").arg(platform).args(["-name", "*.tf"])).expect(0).stdout;
    for file in files.lines() {
        let text = fs::read_to_string(file).unwrap();
        for rest in text.split("foundation.outputs.").skip(1) {
            let ends = |c: char| !c.is_ascii_alphanumeric() && c != '_';
            read_outputs.insert(rest.split(ends).next().unwrap().to_owned());
        }
    }
    assert!(read_outputs.len() >= 13, "{read_outputs:?}");
    for output in read_outputs {
        let problems = changed("terraform/foundation/outputs.tf", |text| {
            let start = text.find(&format!("output \"{output}\"")).unwrap();
            let end = start + text[start..].find("\n}\n").unwrap() + 3;
            format!("{}{}", &text[..start], &text[end..])
        });
        one(&problems, &format!("foundation has no output {output}:"));
    }
}

#[test]
fn each_output_that_platform_does_not_wait_for_is_seen() {
    let list = "terraform/platform/foundation.tf";
    let text = read(&root().join("infrastructure"), list);
    let names: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("    \"")?.strip_suffix("\",")).collect();
    assert!(names.len() >= 13, "{names:?}");
    for name in names {
        let problems = changed(list, |text| text.replace(&format!("    \"{name}\",\n"), ""));
        one(&problems, &format!("{name} is read, and not in foundation_outputs"));
    }
    let problems =
        changed(list, |text| text.replacen("toset([", "toset([\n    \"name_servers\",", 1));
    one(&problems, "name_servers is in foundation_outputs, and not read");
    let problems = changed(list, |text| text.replace(" keys(self.outputs))) == 0", " [])) == 0"));
    one(&problems, "the data source's postcondition is not");
}

/// The problems when there is one more file.
fn with(file: &str, text: &str) -> Vec<String> {
    let copy = copy();
    let file = copy.path().join("terraform").join(file);
    assert!(!file.exists());
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
    problems(copy.path())
}

/// Wherever Terraform would read it, the contract does.
#[test]
fn what_is_read_elsewhere_is_seen() {
    let state = "data \"terraform_remote_state\" \"foundation\" {\n  backend = \"s3\"\n}\n";
    for folder in
        ["platform/modules/eks", "platform/modules/eks/modules/deep", "foundation", "platform/new"]
    {
        one(
            &with(&format!("{folder}/more.tf"), state),
            "only platform/foundation.tf reads a state",
        );
    }
    let second = state.replace("\"foundation\"", "\"other\"");
    one(&with("platform/more.tf", &second), "only platform/foundation.tf reads a state");
    for file in [
        "platform/more.tf.json",
        "platform/modules/eks/more_override.tf.json",
        "foundation/a.tf.json",
    ] {
        one(&with(file, "{}"), &format!("{file}: no test reads what is in it"));
    }
    let read =
        "locals {\n  more = data.terraform_remote_state.foundation.outputs.name_servers\n}\n";
    one(&with("platform/more.tf", read), "name_servers is read, and not in foundation_outputs");
    for source in ["../bootstrap", "./../bootstrap", "terraform-aws-modules/vpc/aws"] {
        let module = format!("module \"more\" {{\n  source = \"{source}\"\n}}\n");
        one(&with("platform/more.tf", &module), "the module more is not below its folder");
    }
    let value = "resource \"aws_secretsmanager_secret_version\" \"new\" {\n}\n";
    let problems = with("foundation/modules/secrets_manager/more.tf", value);
    assert!(problems.iter().any(|p| p.contains("new is a value of a secret")), "{problems:#?}");
}

#[test]
fn each_tfvars_value_that_is_not_the_default_is_seen() {
    let mut seen = 0;
    for layer in ["foundation", "platform"] {
        let file = format!("terraform/environments/prod/{layer}.tfvars");
        let text = read(&root().join("infrastructure"), &file);
        let assignments = text.lines().filter(|line| line.contains(" = "));
        for line in assignments {
            let (name, value) = line.split_once(" = ").unwrap();
            let other = match value {
                "true" => "false".to_owned(),
                "false" => "true".to_owned(),
                text if text.starts_with('"') => text.replacen('"', "\"x", 1),
                "[]" => "[\"x\"]".to_owned(),
                map if map.starts_with('{') => "{ x = \"x\" }".to_owned(),
                list if list.starts_with('[') => list.replacen("[\"", "[\"x", 1),
                number => format!("{number}1"),
            };
            let problems = changed(&file, |text| text.replace(line, &format!("{name} = {other}")));
            one(&problems, &format!("{} is {other} here, and its default", name.trim()));
            let problems = changed(&file, |text| text.replace(line, ""));
            one(&problems, &format!("says nothing of {}", name.trim()));
            seen += 1;
        }
    }
    assert!(seen >= 20, "{seen} values");
}

#[test]
fn a_secret_in_the_catalogue_alone_is_seen() {
    let problems = changed("platform/secrets.yaml", |text| {
        format!(
            "{text}\n  rideshare/new:\n    description: New\n    services: [grafana]\n    keys:\n      NEW: {{dev: admin}}\n"
        )
    });
    one(&problems, "secrets_manager/catalogue.tf: the secrets: here");
    let problems = changed("platform/secrets.yaml", |text| {
        text.replace(
            "      API_KEY: {dev: admin}",
            "      API_KEY: {dev: admin}\n      SECOND: {dev: admin}",
        )
    });
    one(&problems, "the secrets: here");
    let problems = changed("terraform/foundation/modules/secrets_manager/catalogue.tf", |text| {
        text.replace("      REDIS_PASSWORD = \"password\"\n", "")
    });
    one(&problems, "the secrets: here");
}

#[test]
fn every_other_breach_is_seen() {
    // Each operator has set it.
    let tfvars = read(&root(), "infrastructure/terraform/environments/prod/foundation.tfvars");
    let account = tfvars.lines().find(|line| line.starts_with("aws_account_id")).unwrap();
    let account = account.split(" = ").nth(1).unwrap().to_owned();
    let cases = [
        (
            "terraform/bootstrap/variables.tf",
            account.as_str(),
            "\"000000000000\"",
            "the layers are for different accounts",
        ),
        (
            "terraform/platform/main.tf",
            "data.terraform_remote_state.foundation.outputs.vpc_id\n  subnet_ids               =",
            "data.terraform_remote_state.foundation.outputs\n  subnet_ids               =",
            "taken as a whole",
        ),
        (
            "terraform/platform/locals.tf",
            "locals {\n",
            "locals {\n  all = data.terraform_remote_state.foundation.outputs\n",
            "taken as a whole",
        ),
        (
            "terraform/platform/locals.tf",
            "locals {\n",
            "locals {\n  all = data.terraform_remote_state.foundation\n",
            "taken as a whole",
        ),
        (
            "terraform/platform/locals.tf",
            "locals {\n",
            "locals {\n  one = data.terraform_remote_state.foundation.outputs[var.aws_account_id]\n",
            "taken as a whole",
        ),
        (
            "terraform/platform/locals.tf",
            "locals {\n",
            "locals {\n  text = \"${data.terraform_remote_state.foundation.outputs.nothing}\"\n",
            "no output nothing",
        ),
        (
            "terraform/platform/foundation.tf",
            "foundation/terraform.tfstate",
            "foundations/terraform.tfstate",
            "key is",
        ),
        ("terraform/platform/foundation.tf", "terraform-state", "states", "bucket is"),
        ("terraform/foundation/main.tf", "terraform-state", "states", "state_bucket is"),
        (
            "terraform/platform/versions.tf",
            "encrypt        = true",
            "encrypt        = false",
            "not encrypted",
        ),
        (
            "terraform/platform/versions.tf",
            "dynamodb_table = \"rideshare-terraform-locks\"",
            "dynamodb_table = \"others\"",
            "backends differ in dynamodb_table",
        ),
        (
            "terraform/platform/versions.tf",
            "[var.aws_account_id]",
            "null",
            "needs allowed_account_ids",
        ),
        (
            "terraform/foundation/locals.tf",
            "    ManagedBy   = \"terraform\"\n",
            "",
            "not those of the convention",
        ),
        ("terraform/foundation/variables.tf", "  type        = number\n", "", "has no type"),
        (
            "terraform/foundation/modules/vpc/variables.tf",
            "  description = \"The addresses of the VPC.\"\n",
            "",
            "variable cidr has no description",
        ),
        (
            "terraform/platform/modules/dns/outputs.tf",
            "  description = \"The full names.\"\n",
            "",
            "output hosts has no description",
        ),
        (
            "terraform/environments/prod/platform.tfvars",
            "node_count ",
            "node_counts ",
            "no variable node_counts",
        ),
        (
            "terraform/platform/modules/eks/roles.tf",
            "  permissions_boundary = var.permissions_boundary_arn\n",
            "",
            "has no permissions_boundary",
        ),
        (
            "terraform/platform/outputs.tf",
            "  sensitive   = true\n",
            "",
            "output database_master_secrets is about secrets and not marked sensitive",
        ),
        (
            "terraform/foundation/modules/ecr/main.tf",
            "    \"tempo\",\n",
            "",
            "the repositories: here",
        ),
        ("terraform/foundation/modules/s3/main.tf", "\"silver\", ", "", "the lake's buckets: here"),
        (
            "terraform/foundation/modules/iam/workloads.tf",
            "rideshare-trino = {",
            "rideshare-presto = {",
            "the workloads' roles: here",
        ),
        (
            "terraform/foundation/locals.tf",
            "namespace    = \"rideshare-prod\"",
            "namespace    = \"rideshare\"",
            "the namespace: ",
        ),
        ("terraform/platform/main.tf", "\"grafana\", ", "", "the hosts: here"),
        (
            "platform/environments.yaml",
            "group: rideshare\n",
            "group: others\n",
            "the Ingress group: ",
        ),
        (
            "platform/environments.yaml",
            "AWS_REGION: us-east-1",
            "AWS_REGION: eu-west-1",
            "the region: ",
        ),
        (
            "terraform/platform/outputs.tf",
            "    RDS_AIRFLOW_HOST             = module.rds[\"airflow\"].host\n",
            "",
            "RDS_AIRFLOW_HOST is on one side only",
        ),
        ("config/values/production.yaml", "DOMAIN", "DOMAINS", "DOMAIN is on one side only"),
    ];
    for (file, from, to, expected) in cases {
        let problems = changed(file, |text| text.replacen(from, to, 1));
        assert!(
            problems.iter().any(|problem| problem.contains(expected)),
            "{file}: no problem with \"{expected}\": {problems:#?}"
        );
    }
}

/// A right that the applying role lacks is otherwise found by the first apply that needs it.
#[test]
fn what_the_workflow_may_not_apply_is_seen() {
    let iam = |name: &str| format!("terraform/foundation/modules/iam/{name}.tf");
    let without = |file: &str, line: &str| changed(file, |text| text.replacen(line, "", 1));

    let problems = without(&iam("github_apply_services"), "      \"eks:CreateNodegroup\",\n");
    one(&problems, "needs eks:CreateNodegroup for aws_eks_node_group, and no policy");
    let problems = without(&iam("github_apply_storage"), "      \"kms:RetireGrant\",\n");
    one(&problems, "needs kms:RetireGrant for aws_ecr_repository, and no policy");

    // A denial is no right, and neither is a document that the role does not have.
    let problems =
        changed(&iam("github_apply_access"), |text| {
            text.replacen("sid     = \"LookAtServicesOwnRoles\"\n", "effect  = \"Deny\"\n", 1)
                .replacen("      \"iam:GetRole\",\n", "", 1)
        });
    assert!(
        problems.iter().any(|problem| problem.contains("needs iam:GetRole for aws_eks_node_group")),
        "{problems:#?}"
    );
    let problems = changed(&iam("github_apply"), |text| {
        text.replacen(
            "    network   = data.aws_iam_policy_document.apply_network.minified_json\n",
            "",
            1,
        )
    });
    assert!(
        problems.iter().any(|problem| problem.contains("needs ec2:CreateSubnet for aws_subnet")),
        "{problems:#?}"
    );

    let problems = changed("terraform/platform/modules/dns/main.tf", |text| {
        format!("{text}\nresource \"aws_sqs_queue\" \"this\" {{}}\n")
    });
    one(
        &problems,
        "platform/modules/dns/main.tf:15: tests/src/terraform/contract/rights.yaml has no row for aws_sqs_queue",
    );
    let problems = changed("terraform/foundation/modules/vpc/routes.tf", |text| {
        text.replace("resource \"aws_vpc_endpoint\"", "resource \"aws_vpc\"")
    });
    one(&problems, "no layer declares aws_vpc_endpoint");

    let problems = changed(&iam("github_apply_storage"), |text| {
        text.replacen(
            "      \"kms:TagResource\",\n",
            "      \"kms:ScheduleKeyDeletion\",\n      \"kms:TagResource\",\n",
            1,
        )
    });
    assert!(
        problems.iter().any(|problem| problem
            .contains("allowed kms:ScheduleKeyDeletion, and aws_kms_key is made by people")),
        "{problems:#?}"
    );
    let problems = changed(&iam("github_apply_storage"), |text| {
        text.replacen(
            "\"dynamodb:DeleteItem\"",
            "\"dynamodb:DeleteItem\", \"dynamodb:DeleteTable\"",
            1,
        )
    });
    one(&problems, "allowed dynamodb:DeleteTable, which no row of");
}

#[test]
fn two_layers_with_one_state_are_seen() {
    let problems = changed("terraform/platform/versions.tf", |text| {
        text.replace("platform/terraform.tfstate", "foundation/terraform.tfstate")
    });
    assert!(
        problems.iter().any(|problem| problem.contains("have the same state")),
        "{problems:#?}"
    );
}

#[test]
fn a_variable_without_a_default_must_be_set() {
    let problems = changed("terraform/platform/variables.tf", |text| {
        format!(
            "{text}\nvariable \"new\" {{\n  description = \"New.\"\n  type        = string\n}}\n"
        )
    });
    // Staging's file lacks it, too.
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert!(problems[0].contains("new has no default, and"), "{problems:#?}");
    assert!(problems[1].contains("staging/platform.tfvars: new is"), "{problems:#?}");
}

/// The resources that the apply against moto leaves out are listed, so that a reader sees the gap.
#[test]
fn the_readme_lists_what_moto_lacks() {
    let readme = read(&root(), "infrastructure/terraform/README.md");
    let rows: Vec<&str> = readme.lines().filter(|line| line.starts_with("| `aws_")).collect();
    let found = run(Command::new("find").arg(root().join("tests/moto")).args(["-name", "*.tf"]));
    let mut left_out = BTreeSet::new();
    for file in found.expect(0).stdout.lines() {
        let text = fs::read_to_string(file).unwrap();
        let blocks = text
            .lines()
            .filter(|line| line.starts_with("resource \"") || line.starts_with("data \""));
        left_out.extend(blocks.map(|line| line.split('"').nth(1).unwrap().to_owned()));
    }
    let listed: BTreeSet<String> = rows
        .iter()
        .flat_map(|row| row.split('|').nth(1).unwrap().split('`'))
        .filter(|word| word.starts_with("aws_"))
        .map(str::to_owned)
        .collect();
    assert_eq!(listed, left_out);
}
