//! KR011.

use super::entry::{Check, rule};
use crate::finding::Findings;
use crate::lint::Overlay;
use crate::object::group;

rule! {
    /// A RoleBinding or ClusterRoleBinding whose role the overlay does not have.
    ///
    /// The binding is accepted and grants nothing; the pod is then refused by the API server while
    /// it works. The ClusterRoles that every cluster has (`view`, `edit`, `admin`,
    /// `cluster-admin`, and names with a prefix such as `system:`) are known; others that are made
    /// elsewhere are declared with `externals`.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [binding.yaml]
    /// -- binding.yaml --
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata: {name: web}
    /// roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
    /// subjects: [{kind: ServiceAccount, name: default}]
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [binding.yaml, role.yaml]
    /// -- binding.yaml --
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata: {name: web}
    /// roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
    /// subjects: [{kind: ServiceAccount, name: default}]
    /// -- role.yaml --
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: {name: reader}
    /// rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
    /// ```
    KR011 "role-missing" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for binding in ["RoleBinding", "ClusterRoleBinding"].iter().flat_map(|k| overlay.of_kind(k)) {
        if group(binding) != "rbac.authorization.k8s.io" {
            continue;
        }
        let Some(role) = binding.node.get("roleRef") else { continue };
        let (Some(node), Some(name)) = (role.get("name"), role.word_at(&["name"])) else {
            continue;
        };
        let (kind, is_missing) = match (binding.kind(), role.str_at(&["kind"])) {
            (_, Some("ClusterRole")) => {
                ("ClusterRole", !is_built_in(name) && overlay.lacks_everywhere("ClusterRole", name))
            }
            ("RoleBinding", Some("Role")) => {
                ("Role", overlay.lacks("Role", binding.namespace(), name))
            }
            _ => continue,
        };
        if is_missing {
            let message = format!("there is no {kind} {name} for {}", binding.id());
            let hint = match overlay.near(kind, binding.namespace(), name) {
                Some(near) => format!("is `{near}` meant?"),
                None => "add it to the resources, or declare it with `externals`".to_owned(),
            };
            findings.value(node, message).object(binding).hint(hint);
        }
    }
}

/// Whether every cluster, or every cluster of a provider, has the ClusterRole.
fn is_built_in(name: &str) -> bool {
    matches!(name, "view" | "edit" | "admin" | "cluster-admin") || name.contains(':')
}
