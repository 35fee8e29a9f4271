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

use crate::rule::Rule;

pub(crate) use entry::{Check, Entry};

/// Every rule, in the order of their codes.
pub(crate) static ENTRIES: &[&Entry] = &[
    &ka001_path_missing::RULE,
    &ka002_path_not_buildable::RULE,
    &ka003_project_denies::RULE,
    &ka004_wave_order::RULE,
    &ka005_namespace_mismatch::RULE,
    &ka006_duplicate_ownership::RULE,
    &kb001_build_failed::RULE,
    &kb002_patch_no_match::RULE,
    &kb003_patch_no_effect::RULE,
    &kb004_patch_adds_container::RULE,
    &kb005_json_replace_creates::RULE,
    &kb006_patch_empty_target::RULE,
    &kb007_crd_list_replaced::RULE,
    &kb008_image_no_match::RULE,
    &kb009_image_tag_and_digest::RULE,
    &kb010_replacement_no_target::RULE,
    &kb011_duplicate_key::RULE,
    &kb012_orphan_file::RULE,
    &kb013_missing_file::RULE,
    &kb014_outside_root::RULE,
    &kb015_deprecated_field::RULE,
    &kb016_selector_mutated::RULE,
    &kb017_unanchored_target::RULE,
    &kb018_not_analysed::RULE,
    &kg001_backend_missing::RULE,
    &kg002_backend_port_missing::RULE,
    &kg003_parent_missing::RULE,
    &kg004_listener_hostname_mismatch::RULE,
    &kg005_cross_namespace_no_grant::RULE,
    &kg006_tls_secret_missing::RULE,
    &kg007_route_shadowed::RULE,
    &kg008_gatewayclass_undeclared::RULE,
    &kh001_placeholder::RULE,
    &kh002_removed_api::RULE,
    &kh003_deprecated_api::RULE,
    &kh004_schema::RULE,
    &kh005_unused_suppression::RULE,
    &kh006_empty_overlay::RULE,
    &kp001_image_drift::RULE,
    &kp002_env_missing::RULE,
    &kp003_env_value_drift::RULE,
    &kp004_port_drift::RULE,
    &kp005_service_missing::RULE,
    &kp006_healthcheck_drift::RULE,
    &kp007_secret_drift::RULE,
    &kq001_env_memory_budget::RULE,
    &kq002_pod_exceeds_node::RULE,
    &kq003_request_exceeds_limit::RULE,
    &kq004_memory_unset::RULE,
    &kq005_hpa_max_exceeds_budget::RULE,
    &kq006_quota_exceeded::RULE,
    &kq007_pdb_blocks_drain::RULE,
    &kq008_bad_quantity::RULE,
    &kr001_configmap_missing::RULE,
    &kr002_secret_missing::RULE,
    &kr003_configmap_key_missing::RULE,
    &kr004_secret_key_missing::RULE,
    &kr005_serviceaccount_missing::RULE,
    &kr006_pvc_missing::RULE,
    &kr007_service_selects_nothing::RULE,
    &kr008_selector_template_mismatch::RULE,
    &kr009_targetport_missing::RULE,
    &kr010_hpa_target_missing::RULE,
    &kr011_role_missing::RULE,
    &kr012_ref_not_renamed::RULE,
    &kr013_namespace_undeclared::RULE,
    &kr014_secretstore_missing::RULE,
    &kr015_unused_generator::RULE,
    &kr016_claim_not_mounted::RULE,
    &kr017_storageclass_missing::RULE,
    &ks001_plaintext_secret::RULE,
    &ks002_privileged::RULE,
    &ks003_run_as_root::RULE,
    &ks004_mutable_tag::RULE,
    &ks005_netpol_blocks_dependency::RULE,
    &ks006_netpol_selects_nothing::RULE,
    &ks007_host_path::RULE,
    &ks008_default_serviceaccount_token::RULE,
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
