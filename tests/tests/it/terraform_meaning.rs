//! The effect of the Terraform layers together, and proof that a fault in them is noticed.
//!
//! The tables are snapshots: a change of the layers is agreed on with `INSTA_UPDATE=always`. The rules and
//! the decisions hold whatever the tables say.

use rideshare_tests::root;
use rideshare_tests::terraform::meaning::{
    Layers, Variables, access, decisions, findings, network, protection, values,
};
use rideshare_tests::terraform::mutation::{mutants, run};
use rideshare_tests::terraform::plan::Sources;
use serde_json::json;

/// Of this many mutants `make test` tries one; `make tf-mutate` tries all.
const SAMPLE: usize = 12;

fn sources() -> Sources {
    Sources::read(&root().join("infrastructure/terraform")).unwrap()
}

fn layers() -> Layers {
    Layers::evaluate(&sources(), &Variables::default()).unwrap()
}

fn table(name: &str) -> String {
    findings(&sources()).unwrap().tables.remove(name).unwrap()
}

#[test]
fn each_request_of_the_table_is_decided_as_it_says() {
    assert_eq!(decisions::problems(&layers()), Vec::<String>::new());
}

#[test]
fn each_role_is_bounded_and_its_actions_are_named() {
    assert_eq!(access::problems(&layers()), Vec::<String>::new());
}

#[test]
fn who_reaches_whom_is_what_it_shall_be() {
    assert_eq!(network::problems(&layers()), Vec::<String>::new());
}

#[test]
fn what_holds_data_is_protected() {
    assert_eq!(protection::problems(&layers()), Vec::<String>::new());
}

#[test]
fn values_on_both_sides_of_each_limit_are_taken_and_refused() {
    assert_eq!(values::problems(&sources()), Vec::<String>::new());
}

#[test]
fn the_table_of_accesses_is_agreed_on() {
    insta::assert_snapshot!(table("access"));
}

#[test]
fn the_table_of_flows_is_agreed_on() {
    insta::assert_snapshot!(table("network"));
}

#[test]
fn the_table_of_protections_is_agreed_on() {
    insta::assert_snapshot!(table("protection"));
}

#[test]
fn the_inventory_is_agreed_on() {
    insta::assert_snapshot!(table("inventory"));
}

/// Attributes that AWS does not change: another value is another resource, without the data of the first.
const FIXED: [(&str, &[&str]); 9] = [
    ("aws_subnet", &["availability_zone", "cidr_block", "vpc_id"]),
    ("aws_db_instance", &["db_name", "identifier", "kms_key_id", "storage_encrypted", "username"]),
    ("aws_s3_bucket", &["bucket"]),
    ("aws_ecr_repository", &["encryption_configuration", "name"]),
    ("aws_secretsmanager_secret", &["name"]),
    ("aws_dynamodb_table", &["hash_key", "name"]),
    ("aws_kms_key", &[]),
    ("aws_eks_cluster", &["encryption_config", "name", "role_arn"]),
    ("aws_route53_zone", &["name"]),
];

/// Whether everything that holds data is the same resource after `edit`.
#[track_caller]
fn loses_nothing(layer: &'static str, edit: serde_json::Value) {
    let before = layers();
    let after = Layers::evaluate(&sources(), &Variables::of_layer(layer, edit)).unwrap();
    assert!(before != after, "the edit changes nothing");
    for (kind, fixed) in FIXED {
        for (address, old) in before.of(kind) {
            let new = after.of(kind).find(|(found, _)| *found == address);
            let (_, new) = new.unwrap_or_else(|| panic!("{address} is destroyed"));
            for name in fixed {
                assert_eq!(old.get(name), new.get(name), "{address} is replaced: {name}");
            }
        }
    }
}

#[test]
fn a_zone_in_front_moves_no_subnet() {
    let zones = ["us-east-1d", "us-east-1a", "us-east-1b", "us-east-1c"];
    loses_nothing("foundation", json!({ "availability_zones": zones }));
}

#[test]
fn another_order_of_zones_moves_no_subnet() {
    let zones = ["us-east-1c", "us-east-1a", "us-east-1b"];
    loses_nothing("foundation", json!({ "availability_zones": zones }));
}

#[test]
fn all_zones_that_eks_runs_in_have_addresses_of_their_own() {
    let edit =
        json!({ "availability_zones": ["us-east-1f", "us-east-1d", "us-east-1b", "us-east-1a"] });
    let after = Layers::evaluate(&sources(), &Variables::of_layer("foundation", edit)).unwrap();
    let mut blocks: Vec<(u32, u32)> = after
        .of("aws_subnet")
        .map(|(_, subnet)| {
            let (address, bits) = subnet.text("cidr_block").split_once('/').unwrap();
            let first = u32::from(address.parse::<std::net::Ipv4Addr>().unwrap());
            (first, first + ((1_u32 << (32 - bits.parse::<u32>().unwrap())) - 1))
        })
        .collect();
    blocks.sort_unstable();
    assert_eq!(blocks.len(), 12);
    assert!(blocks.windows(2).all(|pair| pair[0].1 < pair[1].0), "{blocks:?}");
}

#[test]
fn another_gateway_and_other_retentions_lose_nothing() {
    let edit = json!({
        "nat_gateway_count": 3, "log_retention_days": 400, "ecr_images_kept": 30, "lake_history_days": 30,
    });
    loses_nothing("foundation", edit);
}

#[test]
fn another_major_version_of_postgresql_keeps_the_databases() {
    loses_nothing("platform", json!({ "database_version": "17", "database_major_upgrade": true }));
}

#[test]
fn other_nodes_and_classes_lose_nothing() {
    let edit = json!({
        "node_instance_type": "m6i.xlarge", "node_count": 4, "database_instance_class": "db.t4g.small",
        "database_multi_az": true, "kubernetes_version": "1.36",
    });
    loses_nothing("platform", edit);
}

/// The group of the new family is there before the instance leaves the old one, so the names differ.
#[test]
fn the_parameter_group_of_another_version_has_another_name_and_comes_first() {
    let edit = json!({ "database_version": "17", "database_major_upgrade": true });
    let after = Layers::evaluate(&sources(), &Variables::of_layer("platform", edit)).unwrap();
    for (address, group) in layers().of("aws_db_parameter_group") {
        let (_, new) = after.of("aws_db_parameter_group").find(|(a, _)| *a == address).unwrap();
        assert_eq!(new.text("family"), "postgres17");
        assert_ne!(group.get("name_prefix"), new.get("name_prefix"));
        assert_eq!(new.meta["lifecycle"]["create_before_destroy"], "true");
    }
}

#[test]
fn mutants_of_the_layers_are_noticed() {
    let sources = sources();
    let all = mutants(&sources);
    assert!(all.len() > 1000, "only {} mutants", all.len());
    let sample = all.into_iter().step_by(SAMPLE).collect();
    let outcome = run(&sources, sample);
    assert!(outcome.is_enough(), "{}", outcome.report());
}

fn with(layer: &'static str, edit: serde_json::Value) -> Layers {
    Layers::evaluate(&sources(), &Variables::of_layer(layer, edit)).unwrap()
}

/// The values that the overlay is filled with.
fn values_file(layers: &Layers) -> serde_json::Value {
    let text = layers.0["platform"].outputs["compose_gen_values"].as_str().unwrap().to_owned();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn opening_the_api_opens_no_other_host() {
    let after = values_file(&with("platform", json!({ "api_cidrs": ["0.0.0.0/0"] })));
    assert_eq!(after["CIDRS_API"], "0.0.0.0/0");
    for host in ["AIRFLOW", "GRAFANA", "PROMETHEUS", "TRINO"] {
        assert_eq!(after[format!("CIDRS_{host}")], "203.0.113.0/24", "{host}");
    }
}

/// Each host's list comes from its variable, and the security group lets all lists in.
#[test]
fn each_host_has_a_list_and_the_security_group_has_all() {
    for (at, host) in ["airflow", "api", "grafana", "prometheus", "trino"].iter().enumerate() {
        let block = format!("198.51.100.{at}/32");
        let after = with("platform", json!({ format!("{host}_cidrs"): [block] }));
        assert_eq!(values_file(&after)[format!("CIDRS_{}", host.to_uppercase())], block);
        let rules: Vec<&str> = after
            .of("aws_vpc_security_group_ingress_rule")
            .map(|(_, rule)| rule.text("cidr_ipv4"))
            .filter(|cidr| !cidr.is_empty())
            .collect();
        assert_eq!(rules.iter().filter(|cidr| **cidr == block).count(), 2, "{host}: {rules:?}");
        assert_eq!(rules.len(), 4, "{host}: {rules:?}");
    }
}

#[test]
fn a_load_balancer_that_asks_reaches_the_identity_provider_alone() {
    let provider = json!({
        "issuer": "https://login.example.com", "authorizationEndpoint": "https://login.example.com/a",
        "tokenEndpoint": "https://login.example.com/t", "userInfoEndpoint": "https://login.example.com/u",
        "secretName": "load-balancer-oidc",
    });
    let edit = json!({
        "load_balancer_authentication": "oidc", "load_balancer_identity_provider": provider,
    });
    let after = with("platform", edit);
    let values = values_file(&after);
    assert_eq!(values["LOAD_BALANCER_AUTHENTICATION"], "oidc");
    let written: serde_json::Value =
        serde_json::from_str(values["IDENTITY_PROVIDER"].as_str().unwrap()).unwrap();
    assert_eq!(written, provider);
    let before = layers();
    let known: Vec<String> = before.all().map(|(address, _)| address).collect();
    let new: Vec<_> = after.all().filter(|(address, _)| !known.contains(address)).collect();
    let [(address, rule)] = &new[..] else { panic!("{new:?}") };
    assert!(address.contains("identity_provider"), "{address}");
    assert_eq!((rule.get("from_port"), rule.get("to_port")), (&json!(443), &json!(443)));
}

#[test]
fn without_reviewers_no_role_applies() {
    let after = with("foundation", json!({ "github_apply": false }));
    for kind in ["aws_iam_role", "aws_iam_policy", "aws_iam_role_policy_attachment"] {
        for (address, _) in after.of(kind) {
            assert!(
                !address.contains("github_apply") && !address.contains("\"apply\""),
                "{address}"
            );
        }
    }
    let roles = access::roles(&after);
    assert!(roles.contains_key("rideshare-prod-github-plan"));
    assert!(roles.contains_key("rideshare-prod-github-inspect"));
}

#[test]
fn a_provider_and_a_zone_that_are_there_are_used_and_not_made() {
    let zone = "Z0123456789ABCDEFGHIJ";
    let edit = json!({ "github_oidc_provider_exists": true, "hosted_zone_id": zone });
    let after = with("foundation", edit);
    for kind in ["aws_iam_openid_connect_provider", "aws_route53_zone"] {
        assert_eq!(after.of(kind).count(), 0, "{kind}");
        assert_eq!(layers().of(kind).count(), 1, "{kind}");
    }
    assert_eq!(after.0["foundation"].outputs["zone_id"], zone);
    assert_eq!(after.0["foundation"].outputs["name_servers"], json!([]));
    for (address, record) in after.of("aws_route53_record") {
        assert_eq!(record.text("zone_id"), zone, "{address}");
    }
    let (before, after) = (access::roles(&layers()), access::roles(&after));
    assert_eq!(before.len(), after.len());
    for (name, role) in after {
        assert_eq!(role.trust, before[&name].trust, "{name}");
    }
}

#[test]
fn the_role_that_inspects_changes_nothing() {
    let role = access::roles(&layers()).remove("rideshare-prod-github-inspect").unwrap();
    let mut looks = 0;
    for (name, policy) in &role.policies {
        for statement in policy["Statement"].as_array().unwrap() {
            for action in statement["Action"].as_array().unwrap() {
                let action = action.as_str().unwrap();
                let verb = action.split(':').nth(1).unwrap();
                let looking = ["Describe", "Get", "List", "View"];
                let looking = looking.iter().any(|start| verb.starts_with(start));
                assert!(looking || (name, action) == (&"save-plans".to_owned(), "s3:PutObject"));
                looks += usize::from(looking);
            }
        }
    }
    assert!(looks > 80, "only {looks} actions");
}

/// The layers with the settings of a folder, in the account that the evaluation knows.
fn environment(name: &str) -> Layers {
    let terraform = root().join("infrastructure/terraform");
    let mut variables = Variables::of_environment(&terraform, name).unwrap();
    for layer in ["foundation", "platform"] {
        variables.set(layer, "aws_account_id", json!("123456789012"));
    }
    Layers::evaluate(&sources(), &variables).unwrap()
}

#[test]
fn prod_is_its_folder() {
    assert!(environment("prod") == layers());
}

#[test]
fn staging_is_the_same_code_under_other_names() {
    let staging = environment("staging");
    let kinds = |layers: &Layers| layers.all().map(|(address, _)| address).collect::<Vec<_>>();
    assert_eq!(kinds(&staging), kinds(&layers()));
    for (address, resource) in staging.all() {
        let text = serde_json::to_string(&resource.values).unwrap();
        // The overlay's namespace is the same everywhere.
        let namespace = ["aws_eks_pod_identity_association", "aws_iam_role.pod"];
        if namespace.iter().any(|kind| address.contains(kind)) {
            assert!(text.contains("rideshare-staging"), "{address}: {text}");
        } else {
            assert!(!text.contains("rideshare-prod"), "{address}: {text}");
        }
    }
    for plan in staging.0.values() {
        assert_eq!(plan.tags["Environment"], "staging");
    }
    // Staging saves on logs alone.
    let weak = protection::problems(&staging);
    let weak: Vec<_> = weak
        .iter()
        .filter(|one| !one.contains(": logs is") && !one.contains(": traffic is"))
        .collect();
    assert_eq!(weak, Vec::<&String>::new());
    assert_eq!(access::problems(&staging), Vec::<String>::new());
    assert_eq!(network::problems(&staging), Vec::<String>::new());
}
