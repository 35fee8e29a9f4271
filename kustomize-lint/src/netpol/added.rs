//! The container's additions that no manifest has.

use crate::listed::is_listed;

/// Labels that controllers add to the pods they make.
const ADDED: &str = "\
    apps.kubernetes.io/pod-index batch.kubernetes.io/controller-uid \
    batch.kubernetes.io/job-completion-index batch.kubernetes.io/job-name \
    controller-revision-hash controller-uid job-name pod-template-hash \
    statefulset.kubernetes.io/pod-name";

/// Whether a controller adds the label to the pods that it makes; no manifest has it.
pub(crate) fn is_added(label: &str) -> bool {
    is_listed(ADDED, label)
}
