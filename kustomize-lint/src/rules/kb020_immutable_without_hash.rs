use super::prelude::*;

rule! {
    /// A generated ConfigMap or Secret that is immutable, and whose name stays when its content changes.
    ///
    /// The API server refuses every later change of its content ("field is immutable when `immutable` is
    /// set"), so the first apply passes and the next one with another value fails. The suffix with the hash
    /// of the content makes another object of another content.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// configMapGenerator:
    ///   - name: settings
    ///     literals: [LOG_LEVEL=info]
    ///     options: {immutable: true, disableNameSuffixHash: true}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// configMapGenerator:
    ///   - name: settings
    ///     literals: [LOG_LEVEL=info]
    ///     options: {immutable: true}
    /// ```
    KB020 "immutable-without-hash" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for object in overlay.objects() {
        let Some(step) = object.generator.filter(|_| !object.needs_hash) else { continue };
        let is_immutable = object.node.get("immutable").and_then(Node::as_bool) == Some(true);
        if !is_immutable {
            continue;
        }
        let message = format!("{object} is immutable, and keeps its name when its content changes");
        let place = overlay.files.first_line(overlay.rendering.step(step).place);
        let hint = "remove `disableNameSuffixHash` or `immutable`; the API server says: field is immutable when `immutable` is set";
        findings.at(place, message).about(object, hint);
    }
}
