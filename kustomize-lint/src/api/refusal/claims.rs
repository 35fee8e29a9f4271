//! Resources of a pod as a whole: claims of devices, requests, priority.

use common::quantity::Quantity;

use super::super::violation::Subject;
use super::at::{At, Refusals};
use super::quantity;

/// `is_pod`: it is a Pod and no template of one.
pub(super) fn check(spec: &At<'_>, is_pod: bool, refusals: &mut Refusals) {
    let claims = spec.list("resourceClaims");
    refusals.distinct(&claims, |one| one.text("name"), "name");
    for claim in &claims {
        let fields = ["resourceClaimName", "resourceClaimTemplateName"];
        match fields.iter().filter(|field| claim.has(field)).count() {
            1 => {}
            0 => {
                let server =
                    "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`";
                refusals.add(claim, "needs a claim or the template of one", server);
            }
            _ => {
                let server = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified";
                refusals.add(claim, "has both a claim and the template of one", server);
            }
        }
    }
    let names: Vec<&str> = claims.iter().filter_map(|claim| claim.text("name")).collect();
    for container in &spec.containers() {
        for claim in container.get("resources").iter().flat_map(|at| at.list("claims")) {
            if claim.text("name").is_some_and(|name| !names.contains(&name)) {
                let server = "must be one of the names in pod.spec.resourceClaims";
                refusals.add(&claim, "is not a claim of the pod", server);
            }
        }
    }
    whole(spec, is_pod, refusals);
    if let (true, Some(pods)) = (is_pod, spec.get("priority"))
        && spec.text("priorityClassName").is_none()
        && pods.node.as_int() != Some(0)
    {
        let server = "must not be provided in pod spec";
        refusals.about(
            Subject::Cluster,
            &pods,
            "needs `priorityClassName`: the server sets the number",
            server,
        );
    }
    if let (true, Some(overhead)) = (is_pod, spec.get("overhead"))
        && spec.text("runtimeClassName").is_none()
    {
        let server = "Pod Overhead set without corresponding RuntimeClass defined Overhead";
        refusals.add(&overhead, "needs `runtimeClassName`: the class sets the overhead", server);
    }
}

/// Requests of the pod, which its containers share. The server gives a container without a request its limit as one,
/// but only in Pods: it accepts a template whose pods it refuses.
fn whole(spec: &At<'_>, is_pod: bool, refusals: &mut Refusals) {
    let Some(requests) = spec.at(&["resources", "requests"]) else { return };
    for (entry, whole) in requests.own_pairs() {
        let Some(amount) = quantity::value(&whole) else { continue };
        let sum = |kinds: &[&str]| -> Quantity {
            let of = |container: &At<'_>| {
                let found = |kind: &&str| container.at(&["resources", *kind, &entry.key]);
                kinds.iter().find_map(found).as_ref().and_then(quantity::value)
            };
            spec.list("containers").iter().filter_map(of).sum()
        };
        let server = "must be greater than or equal to aggregate container requests";
        let why = "is less than the containers request together";
        if amount < sum(&["requests"]) || is_pod && amount < sum(&["requests", "limits"]) {
            refusals.add(&whole, why, server);
        } else if amount < sum(&["requests", "limits"]) {
            let why =
                format!("{why} with the limits of those without a request: its pods are refused");
            refusals.about(Subject::Cluster, &whole, why, server);
        }
    }
}
