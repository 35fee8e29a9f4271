//! From paths to findings: every root rendered once, every rule asked, the answers joined.

mod discover;
mod fingerprint;
mod index;
mod input;
mod join;
mod orphans;
mod overlay;
mod run;
mod suppress;

pub(crate) use discover::kustomization_file;
pub(crate) use index::is_cluster_wide;
pub(crate) use input::Run;
pub(crate) use orphans::OrphanKind;
pub(crate) use overlay::Overlay;
pub(crate) use run::{Outcome, Uncertain, lint, rendered};
