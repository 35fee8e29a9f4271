//! The rules, one file each. A rule's doc comment is its page in the documentation, what
//! `kustomize-lint explain` prints, and its first two tests: the example under `## Bad` has the
//! finding, the one under `## Good` does not.

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
    kb002_patch_no_match,

    // Gateway and Ingress

    // Hygiene
    kh005_unused_suppression,

    // Parity with a Compose file

    // Resources
    kq001_env_memory_budget,
    kq002_pod_exceeds_node,
    kq003_request_exceeds_limit,
    kq004_memory_unset,
    kq005_hpa_max_exceeds_budget,
    kq006_quota_exceeded,
    kq007_pdb_blocks_drain,
    kq008_bad_quantity,

    // References
    kr001_configmap_missing,

    // Security
    ks001_plaintext_secret,
    ks002_privileged,
    ks003_run_as_root,
    ks004_mutable_tag,
    ks005_netpol_blocks_dependency,
    ks006_netpol_selects_nothing,
    ks007_host_path,
    ks008_default_serviceaccount_token,
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
