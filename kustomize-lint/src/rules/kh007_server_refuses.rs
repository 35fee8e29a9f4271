use super::prelude::*;
use crate::api::{self, Problem};

rule! {
    /// An object that fits its schema, and that the API server refuses.
    ///
    /// The server checks more than types: how names, labels, keys, ports and cron expressions are written;
    /// names, ports, mount paths and variables that stand twice; mounts without a volume, probes without a
    /// handler or with two, volumes with two sources; restart policies by kind; selectors that do not
    /// select their template; numbers out of range; fields that exclude each other. The whole apply
    /// fails there, and what comes behind it is not applied. The hint has the server's words. A variable
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
    for object in overlay.objects() {
        // What the schema refuses is KH004's, and so is every kind that no cluster has.
        let known = match api::validate(&object.node, overlay.settings.kubernetes) {
            api::Verdict::Checked(violations) => violations,
            api::Verdict::Unknown => Vec::new(),
        };
        let said = |path: &str| known.iter().any(|violation| violation.path == path);
        for violation in api::refused(&object.node) {
            if said(&violation.path) || is_elsewhere(&violation.problem) {
                continue;
            }
            let finding = findings.at(violation.place, violation.message()).object(object);
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
    let Problem::Refused { server, .. } = problem else { return false };
    server.starts_with("quantities must match")
        || matches!(
            *server,
            "must be less than or equal to limit" | "`selector` does not match template `labels`"
        )
}
