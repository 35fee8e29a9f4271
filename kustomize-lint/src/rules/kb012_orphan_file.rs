use super::prelude::*;
use crate::lint::OrphanKind;

rule! {
    /// A file of objects or of a patch beside a kustomization that nothing reads.
    ///
    /// Somebody believes that it is deployed. Files are looked for below the folders with a
    /// kustomization: YAML with an `apiVersion`, a `kind` and a name, JSON patches, and components
    /// that nothing includes. Files that git ignores, hidden files, the configuration of other tools and
    /// files of generators are left alone, and so are folders called `docs`, `examples`, `tests` and the
    /// like, and files around a kustomization with parts that are not analysed.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: web}
    /// -- api.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: api}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml, api.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: web}
    /// -- api.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: api}
    /// ```
    KB012 "orphan-file" Warning Check::Run(check)
}

fn check(run: &Run<'_>, findings: &mut Findings<'_>) {
    for orphan in run.orphans {
        let (message, hint) = match orphan.kind {
            OrphanKind::Objects => (
                "no kustomization reads this file",
                "add it to `resources` or `patches`, or delete it",
            ),
            OrphanKind::Operations => {
                ("no kustomization reads this patch", "add it to `patches`, or delete it")
            }
            OrphanKind::Component => (
                "no kustomization includes this component",
                "add its folder to `components`, or delete it",
            ),
        };
        findings.at(orphan.place, message).hint(hint);
    }
}
