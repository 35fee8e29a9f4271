use std::collections::HashMap;

use super::prelude::*;

rule! {
    /// Pods of the `default` service account that get its token.
    ///
    /// Every pod of the namespace that says nothing else has this account, so that a right which
    /// one of them is given, all have; and a token of the API server lies in each of them, also in
    /// those that never speak to it. Give what needs the API an account of its own, and the others
    /// none. Quiet where the pod, or a ServiceAccount `default` in the overlay, says
    /// `automountServiceAccountToken: false`.
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
    ///   containers: [{name: web, image: "nginx:1.27"}]
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
    ///   automountServiceAccountToken: false
    ///   containers: [{name: web, image: "nginx:1.27"}]
    /// ```
    KS008 "default-serviceaccount-token" Warning Check::Overlay(check)
}

/// The account that a namespace has by itself.
const DEFAULT: &str = "default";

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let mounts = |node: &Node| node.get("automountServiceAccountToken").and_then(Node::as_bool);
    let accounts: HashMap<&str, Option<bool>> = overlay
        .of_kind("ServiceAccount")
        .filter(|object| object.name() == DEFAULT)
        .map(|object| (effective(object.namespace()), mounts(&object.node)))
        .collect();
    for workload in overlay.workloads() {
        let named = |field: &str| workload.pod.word_at(&[field]).filter(|name| !name.is_empty());
        let account = named("serviceAccountName").or_else(|| named("serviceAccount"));
        if account.is_some_and(|name| name != DEFAULT) {
            continue;
        }
        let of_account = || accounts.get(effective(workload.object.namespace())).copied()?;
        if mounts(workload.pod).or_else(of_account) == Some(false) {
            continue;
        }
        let keys =
            ["automountServiceAccountToken", "serviceAccountName", "serviceAccount", "containers"];
        let message = format!("{workload} gets the token of the default service account");
        findings.at(workload.key(&keys).place(), message).about(
            workload.object,
            "set `automountServiceAccountToken: false`, or give it an account of its own",
        );
    }
}
