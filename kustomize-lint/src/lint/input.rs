//! The input of rules of a whole run.

use super::orphans::Orphan;
use super::overlay::Overlay;
use crate::argocd::Checkout;
use crate::config::Settings;
use crate::tree::Files;

/// The input of rules of a whole run.
pub(crate) struct Run<'a> {
    pub(crate) settings: &'a Settings,
    /// Every file that was read.
    pub(crate) files: &'a Files,
    /// The rendered roots.
    pub(crate) overlays: &'a [Overlay<'a>],
    /// Files beside them that nobody reads.
    pub(crate) orphans: &'a [Orphan],
    /// The checkout's contents for Argo CD's Applications.
    pub(crate) checkout: &'a Checkout,
}
