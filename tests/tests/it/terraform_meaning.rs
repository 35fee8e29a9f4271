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
