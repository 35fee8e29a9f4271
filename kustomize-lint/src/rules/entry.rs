//! A rule with the way it looks.

use crate::finding::Findings;
use crate::lint::{Overlay, Run};
use crate::rule::Rule;

/// A rule that can be asked.
pub(crate) struct Entry {
    pub(crate) rule: Rule,
    /// How it looks.
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

/// Defines `RULE`, the entry of a rule, with its documentation.
macro_rules! rule {
    ($(#[doc = $doc:literal])* $code:ident $name:literal $severity:ident $check:expr) => {
        $(#[doc = $doc])*
        pub(crate) static RULE: $crate::rules::entry::Entry = $crate::rules::entry::Entry {
            rule: $crate::rule::Rule {
                code: stringify!($code),
                name: $name,
                severity: $crate::rule::Severity::$severity,
                docs: concat!($($doc, "\n",)*),
            },
            check: $check,
        };
    };
}

pub(super) use rule;
