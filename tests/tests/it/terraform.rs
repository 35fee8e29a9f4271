//! The Terraform layers by Terraform itself: valid and tested without an account or a network,
//! clean under checkov, and really applied, used and destroyed against moto.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rideshare_tests::moto::Moto;
use rideshare_tests::run::{Run, run};
use rideshare_tests::terraform::contract;
use rideshare_tests::terraform::project::{Project, REAL_NAMES};
use rideshare_tests::{peers, root, yaml};
use serde_json::Value;

/// The copy's account in place of documentation's.
const ACCOUNT: &str = "210987654321";

/// A tool that cargo has built beside this test.
fn tool(name: &str) -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    let tool = exe.parent().unwrap().parent().unwrap().join(name);
    assert!(tool.exists(), "cargo build -p {name} makes {}", tool.display());
    tool
}

/// An address at which nobody answers, so that a program that needs a network fails.
const NOWHERE: &str = "http://127.0.0.1:9";

fn offline(project: &Project, command: &str) -> Run {
    let script = project.at("scripts/terraform");
    let mut offline = project.command(script);
    offline.arg(command).env("HTTPS_PROXY", NOWHERE).env("HTTP_PROXY", NOWHERE);
    run(&mut offline)
}

#[test]
fn every_layer_is_formatted_and_valid_without_a_network() {
    let Some(project) = Project::copy(NOWHERE) else { return };
    let done = offline(&project, "validate").expect(0);
    assert_eq!(done.stdout.matches("Success! The configuration is valid.").count(), 3);

    let main = project.at("infrastructure/terraform/platform/main.tf");
    let text = fs::read_to_string(&main).unwrap();
    fs::write(&main, text.replace("= local.name\n", "=   local.name\n")).unwrap();
    offline(&project, "validate").expect(1);
}

#[test]
fn every_layers_tests_pass_without_a_network() {
    let Some(project) = Project::copy(NOWHERE) else { return };
    let done = offline(&project, "test").expect(0);
    assert_eq!(done.stdout.matches("Success!").count(), 3, "{}", done.stdout);
    for test in ["a_cidr_is_a_cidr", "a_domain_is_a_domain", "platform_before_foundation"] {
        assert!(done.stdout.contains(&format!("run \"{test}\"... pass")), "{}", done.stdout);
    }
}

#[test]
fn checkov_finds_nothing_and_each_skip_has_a_reason() {
    let Some(checkov) = peers::find("PEER_CHECKOV") else { return };
    let config = root().join("infrastructure/terraform/.checkov.yaml");
    let done = run(Command::new(checkov)
        .args(["--directory", "infrastructure/terraform", "--config-file"])
        .arg(&config)
        .args(["--output", "json"])
        .current_dir(root()));
    assert_eq!(done.status, 0, "{}", done.stdout);
    let report: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(report["summary"]["failed"], 0);
    assert_eq!(report["summary"]["parsing_errors"], 0);
    assert!(report["summary"]["passed"].as_u64().unwrap() > 200, "{}", report["summary"]);
    let mut skips = 0;
    for file in files_below(&root().join("infrastructure/terraform")) {
        let text = fs::read_to_string(&file).unwrap_or_default();
        for skip in text.lines().filter(|line| line.contains("checkov:skip=")) {
            skips += 1;
            let reason =
                skip.split_once("checkov:skip=").and_then(|(_, skip)| skip.split_once(": "));
            let reason = reason.map_or("", |(_, reason)| reason);
            assert!(reason.len() > 20 && reason.ends_with('.'), "no reason: {skip}");
        }
    }
    assert!(skips >= report["summary"]["skipped"].as_u64().unwrap().min(10));
    assert!(
        !fs::read_to_string(config).unwrap().contains("skip-check"),
        "skips belong beside what they are about"
    );
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let done = run(Command::new("find").arg(folder).args(["-name", "*.tf"])).expect(0);
    done.stdout.lines().map(PathBuf::from).collect()
}

#[test]
fn what_would_go_wrong_is_refused_before_anything_is_made() {
    let Some(moto) = Moto::start(ACCOUNT) else { return };
    let Some(project) = Project::copy(&moto.url()) else { return };
    let refused = |arguments: &[&str], expected: &str, hint: &str| {
        let done = project.terraform(arguments).expect(1);
        assert!(done.stderr.contains(expected), "{arguments:?}: {}", done.stderr);
        assert!(done.stderr.contains(hint), "{arguments:?}: {}", done.stderr);
    };
    // Each operator has another account there.
    let file = "infrastructure/terraform/environments/prod/foundation.tfvars";
    let tfvars = fs::read_to_string(project.at(file)).unwrap();
    let theirs = tfvars.lines().find(|line| line.starts_with("aws_account_id")).unwrap();
    let theirs = theirs.split('"').nth(1).unwrap();
    refused(
        &["apply", "foundation"],
        &format!("these credentials are of account {ACCOUNT}, and {file} is for {theirs}"),
        &format!(
            "hint: use credentials of {theirs}; or, to make the platform in {ACCOUNT}: make tf-set SET=aws_account_id={ACCOUNT}"
        ),
    );
    // Documentation's names, together with what else is wrong; `.examples.com` is somebody's own.
    let names = [
        ("domain", "rides.example.org"),
        ("github_repository", "example/infra"),
        ("application_repository", "example/rides"),
        ("cluster_endpoint_cidrs", "52.95.4.0/24,198.51.100.7/32"),
        ("grafana_cidrs", "192.0.2.0/24"),
        ("alarm_emails", "operations@example.net"),
    ];
    let pairs: Vec<String> = names.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let arguments: Vec<&str> =
        ["set"].into_iter().chain(pairs.iter().map(String::as_str)).collect();
    project.terraform(&arguments).expect(0);
    for layer in ["foundation", "platform"] {
        let done = project.terraform(&["apply", layer]).expect(1);
        assert!(done.stderr.contains("these credentials are of account"), "{}", done.stderr);
        for (name, value) in names {
            let shown = value.replace(',', "\", \"");
            let found = done.stderr.lines().any(|line| {
                line.contains(&format!(".tfvars: {name} is documentation's own: "))
                    && line.contains(&shown)
            });
            assert!(found, "{name}: {}", done.stderr);
        }
        let hint = "hint: make tf-set SET='domain=... github_repository=... application_repository=... \
                    alarm_emails=... cluster_endpoint_cidrs=... api_cidrs=... grafana_cidrs=... airflow_cidrs=... \
                    prometheus_cidrs=... trino_cidrs=...'";
        assert!(done.stderr.contains(hint), "{}", done.stderr);
    }
    let done = project.terraform(&["set", &format!("aws_account_id={ACCOUNT}")]).expect(0);
    assert!(done.stderr.contains("aws_account_id is 210987654321"), "{}", done.stderr);
    for domain in ["rides.test", "a.b.localhost", "example.com", "x.example.net"] {
        project.terraform(&["set", &format!("domain={domain}")]).expect(0);
        refused(&["plan", "platform"], "domain is documentation's own", "make tf-set SET='domain=");
    }
    project.terraform(&[&["set"][..], &REAL_NAMES[..]].concat()).expect(0);
    refused(
        &["plan", "foundation"],
        "there is no state bucket rideshare-210987654321-terraform-state",
        "LAYER=bootstrap comes first",
    );
    refused(&["plan", "platform"], "there is no state bucket", "LAYER=bootstrap comes first");

    project.aws(&["s3api", "create-bucket", "--bucket", "rideshare-210987654321-terraform-state"]);
    refused(
        &["apply", "platform"],
        "the foundation layer is not applied",
        "make tf-apply LAYER=foundation comes first",
    );
    refused(
        &["values"],
        "the foundation layer is not applied",
        "make tf-apply LAYER=foundation comes first",
    );

    for (bad, expected) in [
        ("-var=vpc_cidr=10.0.0.0.0/16", "vpc_cidr must be the first address of a block"),
        ("-var=domain=https://rides.example.com/", "domain must be a domain name"),
    ] {
        let done = project.terraform(&["plan", "foundation", "-lock=false", bad]).expect(1);
        assert!(done.stderr.replace('\n', " ").contains(expected), "{}", done.stderr);
    }

    let tfvars = project.at("infrastructure/terraform/environments/prod/platform.tfvars");
    fs::remove_file(tfvars).unwrap();
    refused(&["plan", "platform"], "environments/prod/platform.tfvars is missing", "git checkout");
    let buckets =
        project.aws(&["s3api", "list-buckets", "--query", "Buckets[].Name", "--output", "text"]);
    assert_eq!(buckets.trim(), "rideshare-210987654321-terraform-state");

    // Nothing is written that a variable does not take.
    let variables = project.at("infrastructure/terraform/platform/variables.tf");
    let before = fs::read_to_string(&variables).unwrap();
    for (pair, expected) in [
        ("domain=example", "domain must be a domain name"),
        ("node_instance_type=m7g.xlarge", "node_instance_type must be of x86"),
        ("grafana_cidrs=52.95.4.7/24", "the first address of each block"),
        ("grafana_cidrs=52.95.4.0/33", "grafana_cidrs must be"),
        ("trino_cidrs=0.0.0.0/0", "trino_cidrs must be /16 or smaller"),
        (
            "load_balancer_authentication=cognito",
            "load_balancer_identity_provider must have userPoolARN",
        ),
        ("node_count=three", "Variables not allowed"),
        ("nat_gateway_count=5", "nat_gateway_count must be a whole number"),
    ] {
        let done = project.terraform(&["set", "database_backup_days=8", pair]).expect(1);
        let said = done.stderr.replace(['\n', '│'], " ");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(expected), "{pair}: {}", done.stderr);
        assert!(said.contains("no file was changed"), "{pair}: {}", done.stderr);
        assert_eq!(fs::read_to_string(&variables).unwrap(), before, "{pair}");
    }

    for (arguments, expected) in [
        (&["plan"][..], "which layer?"),
        (&["plan", "platforms"], "there is no layer 'platforms'"),
        (&["set", "domains=x"], "no layer has a variable 'domains'"),
        (&["set", "domain=\"x"], "holds what no variable"),
        (&["deploy"], "no such command: 'deploy'"),
    ] {
        let done = project.terraform(arguments).expect(2);
        assert!(done.stderr.contains(expected), "{}", done.stderr);
    }
}

#[test]
fn all_layers_are_applied_used_and_destroyed() {
    let Some(kubectl) = peers::find("PEER_KUBECTL") else { return };
    let Some(moto) = Moto::start(ACCOUNT) else { return };
    let Some(project) = Project::for_account(&moto.url(), ACCOUNT) else { return };
    assert_eq!(contract::problems(&project.at("infrastructure")), Vec::<String>::new());

    project.terraform(&["apply", "bootstrap", "-auto-approve"]).expect(0);
    // The operator tells the registrar the servers before the certificate is waited for.
    let zone =
        project.terraform(&["apply", "foundation", "-auto-approve", "-target=module.route53"]);
    assert!(zone.expect(0).stdout.contains("name_servers = "));
    for layer in ["bootstrap", "foundation", "platform"] {
        if layer != "bootstrap" {
            project.terraform(&["apply", layer, "-auto-approve"]).expect(0);
        }
        if layer == "foundation" {
            values_are_drawn_and_set(&project);
        }
        // 2 would say that there is something to change.
        project.terraform(&["plan", layer, "-detailed-exitcode"]).expect(0);
    }
    ordinary_edits_destroy_nothing_that_holds_data(&project);
    states_are_in_the_bucket(&project);
    secrets_are_those_of_the_catalogue(&project);
    the_overlay_is_built_from_the_outputs(&project, &kubectl);
    the_cluster_is_given_what_it_needs(&project);

    for (layer, above) in [("foundation", "platform"), ("bootstrap", "platform")] {
        let done = project.terraform(&["destroy", layer, "-auto-approve"]).expect(1);
        assert!(
            done.stderr.contains(&format!("the layer {above} still depends on {layer}")),
            "{}",
            done.stderr
        );
    }
    project.terraform(&["destroy", "platform", "-auto-approve"]).expect(0);
    a_database_comes_back_from_its_final_snapshot(&project);
    for layer in ["platform", "foundation"] {
        project.terraform(&["destroy", layer, "-auto-approve"]).expect(0);
    }
    let done = project.terraform(&["destroy", "bootstrap", "-auto-approve"]).expect(1);
    let confirm = format!("hint: CONFIRM=rideshare-{ACCOUNT}-terraform-state make tf-destroy");
    assert!(done.stderr.contains(&confirm), "{}", done.stderr);
    let done = project.terraform(&["plan", "platform"]).expect(1);
    assert!(done.stderr.contains("the foundation layer is not applied"), "{}", done.stderr);
    let mut last = project.command(project.at("scripts/terraform"));
    last.args(["destroy", "bootstrap", "-auto-approve"]);
    last.env("CONFIRM", format!("rideshare-{ACCOUNT}-terraform-state"));
    run(&mut last).expect(0);
    for (service, operation, query) in [
        ("s3api", "list-buckets", "Buckets"),
        ("dynamodb", "list-tables", "TableNames"),
        // moto forgets that the master of a restored database has one.
        ("secretsmanager", "list-secrets", "SecretList[?!starts_with(Name, 'rds!')]"),
        ("eks", "list-clusters", "clusters"),
        ("ecr", "describe-repositories", "repositories"),
        ("ec2", "describe-nat-gateways", "NatGateways[?State!='deleted']"),
        ("elbv2", "describe-load-balancers", "LoadBalancers"),
    ] {
        let left = project.aws(&[service, operation, "--query", query, "--output", "text"]);
        assert_eq!(left.trim(), "", "{service} {operation}");
    }
}

/// Resources that hold data, or that data is reached by.
const STATEFUL: [&str; 8] = [
    "aws_db_instance",
    "aws_dynamodb_table",
    "aws_ecr_repository",
    "aws_eks_cluster",
    "aws_kms_key",
    "aws_s3_bucket",
    "aws_secretsmanager_secret",
    "aws_subnet",
];

fn ordinary_edits_destroy_nothing_that_holds_data(project: &Project) {
    let zones =
        "-var=availability_zones=[\"us-east-1d\",\"us-east-1a\",\"us-east-1b\",\"us-east-1c\"]";
    let edits: [(&str, &[&str]); 2] = [
        ("foundation", &[zones, "-var=ecr_images_kept=30", "-var=lake_history_days=14"]),
        (
            "platform",
            &[
                "-var=database_version=17",
                "-var=database_major_upgrade=true",
                "-var=node_instance_type=m6i.xlarge",
                "-var=database_instance_class=db.t4g.small",
            ],
        ),
    ];
    for (layer, edit) in edits {
        let done = project.terraform(&[&["plan", layer][..], edit].concat()).expect(0);
        assert!(
            done.stdout.contains("Plan: "),
            "{layer} {edit:?} changes nothing: {}",
            done.stdout
        );
        for line in done.stdout.lines().filter(|line| {
            line.contains(" must be replaced") || line.contains(" will be destroyed")
        }) {
            let stateful = STATEFUL.iter().any(|kind| line.contains(&format!("{kind}.")));
            assert!(!stateful, "{layer} {edit:?}: {line}");
        }
    }
}

/// As often as it takes AWS to forget the first one.
fn values_are_drawn_and_set(project: &Project) {
    let eks = project.at("scripts/eks");
    let done = run(project.command(&eks).arg("secrets")).expect(0);
    assert_eq!(done.stderr.matches(": drew ").count(), 11, "{}", done.stderr);
    for value in ["chosen-by-a-person-1", "chosen-by-a-person-2", "chosen-by-a-person-3"] {
        let piped = "printf %s \"$1\" | \"$0\" secret rideshare/api-key API_KEY";
        run(project.command("sh").args(["-c", piped]).arg(&eks).arg(value)).expect(0);
    }
}

fn a_database_comes_back_from_its_final_snapshot(project: &Project) {
    let listed = project.aws(&[
        "rds",
        "describe-db-snapshots",
        "--query",
        "DBSnapshots[].DBSnapshotIdentifier",
        "--output",
        "text",
    ]);
    let snapshot = listed
        .split_whitespace()
        .find(|name| name.starts_with("rideshare-prod-airflow-final-"))
        .unwrap_or_else(|| panic!("no final snapshot among {listed}"));
    project.terraform(&["set", &format!("database_snapshots=airflow={snapshot}")]).expect(0);
    let only = "-target=module.rds[\"airflow\"]";
    project.terraform(&["apply", "platform", "-auto-approve", only]).expect(0);
    let state = project.aws(&[
        "s3",
        "cp",
        &format!("s3://rideshare-{ACCOUNT}-terraform-state/platform/terraform.tfstate"),
        "-",
    ]);
    assert!(state.contains(&format!("\"snapshot_identifier\": \"{snapshot}\"")), "{state}");
    // The name counts once: with it and without it there is nothing to do.
    // The outputs of the other database, which is not there, are all that a plan names.
    let unchanged = || {
        let done = project.terraform(&["plan", "platform", only]).expect(0);
        assert!(!done.stdout.contains("# module."), "{}", done.stdout);
        assert!(done.stdout.contains("without changing any real infrastructure"));
    };
    unchanged();
    project.terraform(&["set", "database_snapshots="]).expect(0);
    unchanged();
}

fn states_are_in_the_bucket(project: &Project) {
    let bucket = format!("rideshare-{ACCOUNT}-terraform-state");
    let keys = project.aws(&[
        "s3api",
        "list-objects-v2",
        "--bucket",
        &bucket,
        "--query",
        "Contents[].Key",
        "--output",
        "text",
    ]);
    let keys: BTreeSet<&str> = keys.split_whitespace().collect();
    let expected =
        ["bootstrap", "foundation", "platform"].map(|layer| format!("{layer}/terraform.tfstate"));
    assert_eq!(keys, expected.iter().map(String::as_str).collect());
    assert!(!project.at("infrastructure/terraform/bootstrap/terraform.tfstate").exists());
}

/// Secrets Manager has each secret of the catalogue with its keys and a value for each, and no state
/// and no plan has any of the values. fetch-secrets finds all that it looks for.
fn secrets_are_those_of_the_catalogue(project: &Project) {
    let specification = rideshare_tests::terraform::platform::read(&project.at("infrastructure"));
    let listed = project.aws(&[
        "secretsmanager",
        "list-secrets",
        "--query",
        "SecretList[].Name",
        "--output",
        "json",
    ]);
    let names: BTreeSet<String> = serde_json::from_str(&listed).unwrap();
    // The databases' masters are RDS's own.
    let names: BTreeSet<&String> = names.iter().filter(|name| !name.starts_with("rds!")).collect();
    assert_eq!(names, specification.secrets.keys().collect());
    let bucket = format!("s3://rideshare-{ACCOUNT}-terraform-state");
    let state = project.aws(&["s3", "cp", &format!("{bucket}/foundation/terraform.tfstate"), "-"]);
    let mut values = BTreeSet::new();
    for (name, keys) in &specification.secrets {
        let secret = project.secret(name);
        assert_eq!(secret.keys().collect::<BTreeSet<_>>(), keys.iter().collect(), "{name}");
        for (key, value) in secret {
            assert!(value.len() >= 12, "{name} {key} is short");
            assert!(!state.contains(&value), "the state holds {name} {key}");
            if key == "FERNET_KEY" {
                let alphabet = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
                let body = value.strip_suffix('=').expect("44 characters of base64 end in one =");
                assert!(body.len() == 43 && body.chars().all(alphabet));
            }
            assert!(values.insert(value), "{name} {key} has another's value");
        }
    }
    let out = project.at("env");
    let mut fetch = project.command(tool("fetch-secrets"));
    fetch.args(["--spec"]).arg(project.at("infrastructure/platform")).arg("--output-dir").arg(&out);
    run(&mut fetch).expect(0);
    assert_eq!(fs::read_dir(out).unwrap().count(), 3);
}

/// `values` writes the file, compose-gen reads it, kustomize builds the overlay, kustomize-lint finds
/// nothing, and nothing in it is
/// documentation's any more: each name in it is one that Terraform has made.
fn the_overlay_is_built_from_the_outputs(project: &Project, kubectl: &Path) {
    let mut values = project.command(project.at("scripts/terraform"));
    run(values.arg("values").env("IMAGE_TAG", "2.3.4")).expect(0);
    let file = project.at("infrastructure/config/values/production.yaml");
    let first = fs::read_to_string(&file).unwrap();
    // The same again, with the tag that the file has.
    project.terraform(&["values"]).expect(0);
    assert_eq!(fs::read_to_string(&file).unwrap(), first);
    let values = yaml::documents(&first).remove(0);
    assert_eq!(values["IMAGE_TAG"], "2.3.4");
    assert_eq!(values["AWS_ACCOUNT_ID"], ACCOUNT);

    let mut generate = project.command(tool("compose-gen"));
    run(generate.arg("--spec").arg(project.at("infrastructure/platform"))).expect(0);
    let kubernetes = project.at("infrastructure/kubernetes");
    run(project.command(tool("kustomize-lint")).arg(&kubernetes)).expect(0);
    let mut built = String::new();
    for folder in ["overlays/production", "argocd"] {
        let done =
            run(project.command(kubectl).arg("kustomize").arg(kubernetes.join(folder))).expect(0);
        built.push_str(&done.stdout);
        built.push_str("---\n");
    }
    let documents = yaml::documents(&built);
    for document in &documents {
        let text = document.to_string();
        // A mounted file may hold the words of a program, such as a shell's or Grafana's.
        let words = ["<account", "TODO", "CHANGE"];
        let words = if document["kind"] == "ConfigMap" { &[][..] } else { &words[..] };
        for placeholder in ["example", "123456789012", "00000000"].iter().chain(words) {
            assert!(!text.contains(placeholder), "\"{placeholder}\" is left in {text}");
        }
        for name in values.as_object().unwrap().keys() {
            assert!(!text.contains(&format!("${{{name}}}")), "${{{name}}} is left in {text}");
        }
    }
    for (name, value) in values.as_object().unwrap() {
        // A list of blocks of addresses becomes one of JSON.
        let used = value.as_str().unwrap().split(',').all(|part| built.contains(part));
        assert!(used, "{name} is not used");
    }

    let outputs = |layer: &str| -> Value {
        let mut command = project.command("terraform");
        let layer = project.at("infrastructure/terraform").join(layer);
        command
            .arg(format!("-chdir={}", layer.display()))
            .args(["output", "-json"])
            .env_remove("TF_CLI_ARGS");
        serde_json::from_str(&run(&mut command).expect(0).stdout).unwrap()
    };
    let (foundation, platform) = (outputs("foundation"), outputs("platform"));
    let texts = |value: &Value| -> BTreeSet<String> {
        let list = value.as_array().into_iter().flatten();
        let values = value.as_object().into_iter().flatten().map(|(_, value)| value);
        list.chain(values).map(|value| value.as_str().unwrap().to_owned()).collect()
    };
    let registries = texts(&foundation["repository_urls"]["value"]);
    let buckets = texts(&foundation["lake_buckets"]["value"]);
    let hosts = texts(&platform["hosts"]["value"]);
    let mut targets = 0;
    let mut seen = [BTreeSet::new(), BTreeSet::new(), BTreeSet::new()];
    for document in &documents {
        for container in
            document["spec"]["template"]["spec"]["containers"].as_array().into_iter().flatten()
        {
            let image = container["image"].as_str().unwrap();
            if image.contains("/rideshare/") {
                seen[0].insert(image.rsplit_once(':').unwrap().0.to_owned());
            }
            for variable in container["env"].as_array().into_iter().flatten() {
                if variable["name"] == "EXPORT_TARGET" {
                    assert_eq!(variable["value"], foundation["export_dbt_target"]["value"]);
                    targets += 1;
                }
                if variable["name"].as_str().unwrap().ends_with("_BUCKET") {
                    seen[1].insert(variable["value"].as_str().unwrap().to_owned());
                }
            }
        }
        for rule in document["spec"]["rules"].as_array().into_iter().flatten() {
            seen[2].extend(rule["host"].as_str().map(str::to_owned));
        }
    }
    let [images, used, routed] = seen;
    assert!(!images.is_empty() && images.is_subset(&registries), "{images:?} {registries:?}");
    assert!(used.len() == 3 && used.is_subset(&buckets), "{used:?} {buckets:?}");
    assert_eq!(routed, hosts);
    assert_eq!(targets, 1, "export-dbt is told where the lake is");
}

/// `scripts/eks` with a Helm and a kubectl that only write down what they are told, because there is no
/// cluster behind moto.
fn the_cluster_is_given_what_it_needs(project: &Project) {
    let (bin, log) = (project.at("bin"), project.at("told"));
    fs::create_dir(&bin).unwrap();
    let fake = "#!/bin/sh\n{ printf '%s' \"${0##*/}\"; printf ' %s' \"$@\"; echo; case \"$*\" in *--stdin*) cat ;; esac; } >>\"$TOLD\"\n";
    for name in ["helm", "kubectl"] {
        fs::write(bin.join(name), fake).unwrap();
        run(Command::new("chmod").arg("+x").arg(bin.join(name))).expect(0);
    }
    let told = |command: &str| {
        let _ = fs::remove_file(&log);
        let mut eks = project.command(project.at("scripts/eks"));
        eks.arg(command).env("PATH", format!("{}:{}", bin.display(), project.path));
        // The command line takes no address for all services from the environment for each of them.
        eks.env("TOLD", &log).env("KUBECONFIG", project.at("kubeconfig"));
        run(&mut eks).expect(0);
        fs::read_to_string(&log).unwrap()
    };
    let controllers = told("controllers");
    let charts: Vec<&str> = controllers.lines().filter(|line| line.starts_with("helm")).collect();
    assert_eq!(charts.len(), 4, "{controllers}");
    for chart in &charts {
        assert!(
            chart.contains("--version ") && chart.contains("--kube-context rideshare-prod"),
            "{chart}"
        );
    }
    assert!(controllers.contains("--set=vpcId=vpc-"), "{controllers}");
    // The local cluster and production have one operator of secrets.
    let components = fs::read_to_string(project.at("infrastructure/config/kind/components.yaml"));
    let components = yaml::documents(&components.unwrap()).remove(0);
    let local = components["components"].as_array().unwrap().iter();
    let local = local.filter(|component| component["name"] == "external-secrets");
    let version = local.map(|component| component["version"].as_str().unwrap()).next().unwrap();
    let chart = charts.iter().find(|chart| chart.contains(" external-secrets ")).unwrap();
    assert!(chart.contains(&format!("--version {version} ")), "{chart}");
    // Prometheus finds it where it is installed.
    let chart = charts.iter().find(|chart| chart.contains(" kube-state-metrics ")).unwrap();
    let namespace = chart.split("--namespace ").nth(1).unwrap().split(' ').next().unwrap();
    let prometheus = project.at("infrastructure/config/prometheus/prometheus.yaml");
    let scraped = yaml::documents(&fs::read_to_string(prometheus).unwrap()).remove(0);
    let jobs = scraped["scrape_configs"].as_array().unwrap();
    let job = jobs.iter().find(|job| job["job_name"] == "kube-state-metrics").unwrap();
    let name = format!("kube-state-metrics.{namespace}");
    assert_eq!(job["dns_sd_configs"][0]["names"][0], name);
    assert!(controllers.lines().last().unwrap().ends_with("infrastructure/kubernetes/argocd"));
    let kubeconfig = fs::read_to_string(project.at("kubeconfig")).unwrap();
    assert!(
        kubeconfig.contains(&format!("arn:aws:iam::{ACCOUNT}:role/rideshare-prod-operator")),
        "{kubeconfig}"
    );

    let users = told("database-users");
    assert_eq!(users.matches("export PGDATABASE=").count(), 2, "{users}");
    assert_eq!(users.matches("verifier=SCRAM-SHA-256$4096:").count(), 2, "{users}");
    for name in ["airflow", "metastore"] {
        let text = project.aws(&[
            "secretsmanager",
            "get-secret-value",
            "--secret-id",
            &format!("rideshare/postgres-{name}"),
            "--query",
            "SecretString",
            "--output",
            "text",
        ]);
        let secret: Value = serde_json::from_str(&text).unwrap();
        assert!(
            !users.contains(secret["POSTGRES_PASSWORD"].as_str().unwrap()),
            "the password itself leaves"
        );
        assert!(
            users.contains(&format!("--set=user={}", secret["POSTGRES_USER"].as_str().unwrap())),
            "{users}"
        );
    }
}
