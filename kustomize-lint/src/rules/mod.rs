//! The rules, one file each. A rule's doc comment is its page in the documentation, what
//! `kustomize-lint explain` prints, and its first two tests: the example under `## Bad` has the
//! finding, the one under `## Good` does not.

mod idle;
mod problems;

use crate::finding::{Findings, Severity};
use crate::lint::{Overlay, Run};

/// One thing that can be wrong.
#[derive(Debug)]
pub struct Rule {
    /// The stable code: `KR004`.
    pub code: &'static str,
    /// The stable name: `secret-key-missing`.
    pub name: &'static str,
    /// How much its findings weigh unless the configuration says otherwise.
    pub severity: Severity,
    /// What it finds, why that matters, a bad and a good example, in Markdown.
    pub docs: &'static str,
    pub(crate) check: Check,
}

/// How a rule looks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Check {
    /// At one rendered overlay after the other.
    Overlay(fn(&Overlay<'_>, &mut Findings<'_>)),
    /// Once, at everything that was read.
    Run(fn(&Run<'_>, &mut Findings<'_>)),
    /// At the findings of the others, when these are known.
    Last,
}

impl Rule {
    /// The documentation without the space that begins a doc comment's lines.
    pub fn text(&self) -> String {
        let line = |line: &str| format!("{}\n", line.strip_prefix(' ').unwrap_or(line));
        self.docs.lines().map(line).collect()
    }

    /// What it finds, in one sentence.
    pub fn summary(&self) -> String {
        let text = self.text();
        let first = text.split("\n\n").next().unwrap_or_default();
        first.trim().replace('\n', " ")
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Rule) -> bool {
        self.code == other.code
    }
}

/// Defines `RULE` with its documentation.
macro_rules! rule {
    ($(#[doc = $doc:literal])* $code:ident $name:literal $severity:ident $check:expr) => {
        $(#[doc = $doc])*
        pub(crate) static RULE: $crate::rules::Rule = $crate::rules::Rule {
            code: stringify!($code),
            name: $name,
            severity: $crate::finding::Severity::$severity,
            docs: concat!($($doc, "\n",)*),
            check: $check,
        };
    };
}

mod needs;

/// Lists the modules of the rules, in the order of their codes.
macro_rules! rules {
    ($($module:ident,)*) => {
        $(mod $module;)*
        /// Every rule, in the order of their codes.
        pub static ALL: &[&Rule] = &[$(&$module::RULE,)*];
    };
}

rules! {
    // Argo CD

    // Building
    kb001_build_failed,
    kb002_patch_no_match,
    kb003_patch_no_effect,
    kb004_patch_adds_container,
    kb005_json_replace_creates,
    kb006_patch_empty_target,
    kb007_crd_list_replaced,
    kb008_image_no_match,
    kb009_image_tag_and_digest,
    kb010_replacement_no_target,
    kb011_duplicate_key,
    kb012_orphan_file,
    kb013_missing_file,
    kb014_outside_root,
    kb015_deprecated_field,
    kb016_selector_mutated,
    kb017_unanchored_target,
    kb018_not_analysed,

    // Gateway and Ingress
    kg001_backend_missing,
    kg002_backend_port_missing,
    kg003_parent_missing,
    kg004_listener_hostname_mismatch,
    kg005_cross_namespace_no_grant,
    kg006_tls_secret_missing,
    kg007_route_shadowed,
    kg008_gatewayclass_undeclared,

    // Hygiene
    kh001_placeholder,
    kh002_removed_api,
    kh003_deprecated_api,
    kh004_schema,
    kh005_unused_suppression,
    kh006_empty_overlay,

    // Parity with a Compose file

    // Resources

    // References
    kr001_configmap_missing,
    kr002_secret_missing,
    kr003_configmap_key_missing,
    kr004_secret_key_missing,
    kr005_serviceaccount_missing,
    kr006_pvc_missing,
    kr007_service_selects_nothing,
    kr008_selector_template_mismatch,
    kr009_targetport_missing,
    kr010_hpa_target_missing,
    kr011_role_missing,
    kr012_ref_not_renamed,
    kr013_namespace_undeclared,
    kr014_secretstore_missing,
    kr015_unused_generator,
    kr016_claim_not_mounted,
    kr017_storageclass_missing,

    // Security
}

/// The rule about suppressions themselves, which is asked last.
pub(crate) static UNUSED_SUPPRESSION: &Rule = &kh005_unused_suppression::RULE;

/// The rule of a code or a name.
pub fn find(word: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.code.eq_ignore_ascii_case(word) || rule.name == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_every_rule_has_its_examples() {
        assert!(ALL.windows(2).all(|pair| pair[0].code < pair[1].code));
        for rule in ALL {
            for part in [" ## Bad\n", " ## Good\n"] {
                assert!(rule.docs.contains(part), "{} has no{part}", rule.code);
            }
        }
    }
}
