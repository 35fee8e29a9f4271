//! Pods that the level of their namespace forbids.

use crate::api::pod_security::{Forbidden, Level, forbidden};
use crate::finding::Findings;
use crate::lint::Overlay;
use crate::view::Workload;
use common::kubernetes::effective;

/// The workloads whose Pods are refused, with the level and the reasons.
pub(super) fn refused<'a>(overlay: &'a Overlay<'_>) -> Vec<(Workload<'a>, Level, Vec<Forbidden>)> {
    let levels: Vec<(&str, Level, u8)> = overlay
        .of_kind("Namespace")
        .filter_map(|namespace| {
            let version = Level::version(&namespace.node, overlay.settings.kubernetes);
            Some((namespace.name(), Level::of(&namespace.node)?, version))
        })
        .collect();
    if levels.is_empty() {
        return Vec::new();
    }
    let of_workload = |workload: Workload<'a>| {
        let namespace = effective(workload.object.namespace());
        let (_, level, version) = levels.iter().find(|(name, ..)| *name == namespace)?;
        let reasons = forbidden(*level, *version, workload.pod);
        (!reasons.is_empty()).then_some((workload, *level, reasons))
    };
    overlay.workloads().into_iter().filter_map(of_workload).collect()
}

/// Reports each reason where it stands.
pub(super) fn report(
    findings: &mut Findings<'_>,
    workload: &Workload<'_>,
    level: Level,
    forbidden: &[Forbidden],
) {
    for one in forbidden {
        let message = format!(
            "{}, which the level `{}` of the namespace forbids: {workload}",
            one.reason,
            level.name()
        );
        let hint = format!("change it, or the level; the API server says: {}", one.server);
        let finding = findings.at(one.place, message);
        finding.about(workload.object, hint).detail(one.reason.clone());
    }
}
