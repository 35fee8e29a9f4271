use super::kb004_patch_adds_container::lacks_image;
use super::prelude::*;
use super::security;
use crate::api::{self, Definitions, Problem, Subject};
use crate::rule::Severity;

rule! {
    /// An object that fits its schema, and that the API server refuses.
    ///
    /// The server checks more than types: how names, labels, keys, ports and cron expressions are written;
    /// names, ports, mount paths and variables that stand twice; mounts without a volume, probes without a
    /// handler or with two, volumes with two sources; restart policies by kind; selectors that do not
    /// select their template; numbers out of range; fields that exclude each other; Pods that the level of
    /// their namespace forbids. Custom resources are checked against their definition in the same overlay,
    /// with its rules in CEL as far as they can be evaluated; those of Gateway API, Envoy Gateway, External
    /// Secrets and Argo CD against the definitions in the program. The whole apply fails there, and what
    /// comes behind it is not applied. A value that only some versions or configurations of the server
    /// refuse is a warning. The hint has the server's words. A variable
    /// or a port that stands twice is refused by server-side apply; client-side apply warns.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: nginx:1.27
    ///       volumeMounts: [{name: data, mountPath: /data}]
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: nginx:1.27
    ///       volumeMounts: [{name: data, mountPath: /data}]
    ///   volumes: [{name: data, emptyDir: {}}]
    /// ```
    KH007 "server-refuses" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for (workload, level, forbidden) in security::refused(overlay) {
        if workload.kind() == "Pod" {
            security::report(findings, &workload, level, &forbidden);
        }
    }
    // KB004 says it of these, and names the patch.
    let told: Vec<Place> =
        match overlay.settings.asks(&super::kb004_patch_adds_container::RULE.rule) {
            true => overlay
                .containers()
                .filter(|(_, container)| lacks_image(overlay, container.node))
                .map(|(_, container)| container.node.place())
                .collect(),
            false => Vec::new(),
        };
    let definitions = Definitions::of(overlay.nodes());
    for object in overlay.objects() {
        // Violations of the schema are KH004's, and so is every kind that no cluster has.
        let known = match api::validate(&object.node, overlay.settings.kubernetes) {
            api::Verdict::Checked(violations) => violations,
            api::Verdict::Unknown => Vec::new(),
        };
        let said = |path: &str| known.iter().any(|violation| violation.path == path);
        for violation in api::refused(&object.node, &definitions) {
            let is_told = violation.path.ends_with(".image") && told.contains(&violation.place);
            if said(&violation.path) || is_told || is_elsewhere(&violation.problem) {
                continue;
            }
            let may_be_accepted = violation.problem.may_be_accepted();
            let finding = findings.at(violation.place, violation.message()).object(object);
            if may_be_accepted {
                finding.at_most(Severity::Warning);
            }
            finding.detail(violation.path.clone());
            if violation.place.file != object.source.file {
                finding.also(object.head(), "the object");
            }
            if let Some(hint) = violation.hint() {
                finding.hint(hint);
            }
        }
    }
}

/// Whether another rule says it: amounts are KQ008's and KQ003's, selectors KR008's.
fn is_elsewhere(problem: &Problem) -> bool {
    matches!(
        problem,
        Problem::Refused {
            subject: Subject::Amount | Subject::RequestAboveLimit | Subject::Selection,
            ..
        }
    )
}
