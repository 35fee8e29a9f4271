//! The rules, one file each. A rule's doc comment is its page in the documentation, what
//! `kustomize-lint explain` prints, and its first two tests: the example under `## Bad` has the
//! finding, the one under `## Good` does not.

mod entry;
mod idle;
mod ka001_path_missing;
mod ka002_path_not_buildable;
mod ka003_project_denies;
mod ka004_wave_order;
mod ka005_namespace_mismatch;
mod ka006_duplicate_ownership;
mod kb001_build_failed;
mod kb002_patch_no_match;
mod kb003_patch_no_effect;
mod kb004_patch_adds_container;
mod kb005_json_replace_creates;
mod kb006_patch_empty_target;
mod kb007_crd_list_replaced;
mod kb008_image_no_match;
mod kb009_image_tag_and_digest;
mod kb010_replacement_no_target;
mod kb011_duplicate_key;
mod kb012_orphan_file;
mod kb013_missing_file;
mod kb014_outside_root;
mod kb015_deprecated_field;
mod kb016_selector_mutated;
mod kb017_unanchored_target;
mod kb018_not_analysed;
mod kb019_list_item_lost;
mod kb020_immutable_without_hash;
mod kg001_backend_missing;
mod kg002_backend_port_missing;
mod kg003_parent_missing;
mod kg004_listener_hostname_mismatch;
mod kg005_cross_namespace_no_grant;
mod kg006_tls_secret_missing;
mod kg007_route_shadowed;
mod kg008_gatewayclass_undeclared;
mod kh001_placeholder;
mod kh002_removed_api;
mod kh003_deprecated_api;
mod kh004_schema;
mod kh005_unused_suppression;
mod kh006_empty_overlay;
mod kh007_server_refuses;
mod kh008_pods_refused;
mod kp001_image_drift;
mod kp002_env_missing;
mod kp003_env_value_drift;
mod kp004_port_drift;
mod kp005_service_missing;
mod kp006_healthcheck_drift;
mod kp007_secret_drift;
mod kq001_env_memory_budget;
mod kq002_pod_exceeds_node;
mod kq003_request_exceeds_limit;
mod kq004_memory_unset;
mod kq005_hpa_max_exceeds_budget;
mod kq006_quota_exceeded;
mod kq007_pdb_blocks_drain;
mod kq008_bad_quantity;
mod kr001_configmap_missing;
mod kr002_secret_missing;
mod kr003_configmap_key_missing;
mod kr004_secret_key_missing;
mod kr005_serviceaccount_missing;
mod kr006_pvc_missing;
mod kr007_service_selects_nothing;
mod kr008_selector_template_mismatch;
mod kr009_targetport_missing;
mod kr010_hpa_target_missing;
mod kr011_role_missing;
mod kr012_ref_not_renamed;
mod kr013_namespace_undeclared;
mod kr014_secretstore_missing;
mod kr015_unused_generator;
mod kr016_claim_not_mounted;
mod kr017_storageclass_missing;
mod kr018_governing_service_missing;
mod ks001_plaintext_secret;
mod ks002_privileged;
mod ks003_run_as_root;
mod ks004_mutable_tag;
mod ks005_netpol_blocks_dependency;
mod ks006_netpol_selects_nothing;
mod ks007_host_path;
mod ks008_default_serviceaccount_token;
mod needs;
mod prelude;
mod problems;
mod security;

use crate::rule::Rule;

pub(crate) use entry::{Check, Entry};

macro_rules! entries {
    ($($rule:ident)*) => { [$(&$rule::RULE),*] };
}

/// Every rule, in the order of their codes.
pub(crate) static ENTRIES: &[&Entry] = &entries![
    ka001_path_missing ka002_path_not_buildable ka003_project_denies ka004_wave_order
    ka005_namespace_mismatch ka006_duplicate_ownership
    kb001_build_failed kb002_patch_no_match kb003_patch_no_effect kb004_patch_adds_container
    kb005_json_replace_creates kb006_patch_empty_target kb007_crd_list_replaced
    kb008_image_no_match kb009_image_tag_and_digest kb010_replacement_no_target kb011_duplicate_key
    kb012_orphan_file kb013_missing_file kb014_outside_root kb015_deprecated_field
    kb016_selector_mutated kb017_unanchored_target kb018_not_analysed
    kb019_list_item_lost kb020_immutable_without_hash
    kg001_backend_missing kg002_backend_port_missing kg003_parent_missing
    kg004_listener_hostname_mismatch kg005_cross_namespace_no_grant kg006_tls_secret_missing
    kg007_route_shadowed kg008_gatewayclass_undeclared
    kh001_placeholder kh002_removed_api kh003_deprecated_api kh004_schema kh005_unused_suppression
    kh006_empty_overlay kh007_server_refuses kh008_pods_refused
    kp001_image_drift kp002_env_missing kp003_env_value_drift kp004_port_drift
    kp005_service_missing kp006_healthcheck_drift kp007_secret_drift
    kq001_env_memory_budget kq002_pod_exceeds_node kq003_request_exceeds_limit kq004_memory_unset
    kq005_hpa_max_exceeds_budget kq006_quota_exceeded kq007_pdb_blocks_drain kq008_bad_quantity
    kr001_configmap_missing kr002_secret_missing kr003_configmap_key_missing
    kr004_secret_key_missing kr005_serviceaccount_missing kr006_pvc_missing
    kr007_service_selects_nothing kr008_selector_template_mismatch kr009_targetport_missing
    kr010_hpa_target_missing kr011_role_missing kr012_ref_not_renamed kr013_namespace_undeclared
    kr014_secretstore_missing kr015_unused_generator kr016_claim_not_mounted
    kr017_storageclass_missing kr018_governing_service_missing
    ks001_plaintext_secret ks002_privileged ks003_run_as_root ks004_mutable_tag
    ks005_netpol_blocks_dependency ks006_netpol_selects_nothing ks007_host_path
    ks008_default_serviceaccount_token
];

/// The rule about suppressions themselves, which is asked last.
pub(crate) static UNUSED_SUPPRESSION: &Rule = &kh005_unused_suppression::RULE.rule;

/// Every rule, in the order of their codes.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    ENTRIES.iter().map(|entry| &entry.rule)
}

/// The rule of a code or a name.
pub fn find(word: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.code.eq_ignore_ascii_case(word) || rule.name == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_a_rule_is_listed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules");
        let names = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name());
        let names = names.map(|name| name.into_string().unwrap());
        // A rule's file begins with its code: `kb002_…`.
        let is_rule = |name: &String| name.starts_with('k') && name.as_bytes()[2].is_ascii_digit();
        let mut files: Vec<String> = names.filter(is_rule).collect();
        files.sort();
        let listed: Vec<String> = all()
            .map(|rule| format!("{}_{}.rs", rule.code.to_lowercase(), rule.name.replace('-', "_")))
            .collect();
        assert_eq!(files, listed);
    }

    #[test]
    fn codes_are_in_order_and_every_rule_has_its_examples() {
        assert!(ENTRIES.windows(2).all(|pair| pair[0].rule.code < pair[1].rule.code));
        for rule in all() {
            for part in [" ## Bad\n", " ## Good\n"] {
                assert!(rule.docs.contains(part), "{} has no{part}", rule.code);
            }
        }
    }
}
