use super::prelude::*;
use crate::facts::FactKind;

rule! {
    /// An item of a list that is lost because another item has the same keys.
    ///
    /// kustomize merges lists such as `ports`, `env`, `volumes` and `hostAliases` by keys, and treats
    /// items with equal keys as one as soon as any merge patch is applied to the object, wherever the
    /// patch changes it. The API server gets the last of them; a port or an address is gone without a
    /// word.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// patches:
    ///   - patch: |
    ///       apiVersion: v1
    ///       kind: Pod
    ///       metadata: {name: web, labels: {app: web}}
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   hostAliases:
    ///     - {ip: 10.0.0.5, hostnames: [one]}
    ///     - {ip: 10.0.0.5, hostnames: [two]}
    ///   containers: [{name: web, image: "nginx:1.27"}]
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// patches:
    ///   - patch: |
    ///       apiVersion: v1
    ///       kind: Pod
    ///       metadata: {name: web, labels: {app: web}}
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   hostAliases:
    ///     - {ip: 10.0.0.5, hostnames: [one, two]}
    ///   containers: [{name: web, image: "nginx:1.27"}]
    /// ```
    KB019 "list-item-lost" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for fact in &overlay.rendering.facts {
        let FactKind::ItemLost { object, path } = &fact.kind else { continue };
        let id = overlay.rendering.identity(*object);
        let message =
            format!("this item of {path} of {id} is lost: another item has the same keys");
        let step = overlay.rendering.step(fact.step);
        let patch = overlay.files.first_line(step.content.unwrap_or(step.place));
        let finding = findings.at(overlay.files.first_line(fact.place), message);
        finding.also(patch, "merged because of this patch").detail(path.clone());
        finding.hint("put both into one item, or give them different keys");
    }
}
