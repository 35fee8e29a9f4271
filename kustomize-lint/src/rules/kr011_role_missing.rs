use super::needs::{OTHERWISE, not_there};
use super::prelude::*;

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
        let role = binding.node.get("roleRef").filter(|_| group(binding) == RBAC);
        let Some((role, node)) = role.and_then(|role| Some((role, role.get("name")?))) else {
            continue;
        };
        let (Some(name), namespace) = (node.word(), binding.namespace()) else { continue };
        let (kind, is_missing) = match (binding.kind(), role.str_at(&["kind"])) {
            (_, Some("ClusterRole")) => {
                ("ClusterRole", !is_built_in(name) && overlay.lacks_everywhere("ClusterRole", name))
            }
            ("RoleBinding", Some("Role")) => ("Role", overlay.lacks("Role", namespace, name)),
            _ => continue,
        };
        if is_missing {
            let wanted = (kind, namespace, name);
            not_there(overlay, findings, binding, node, wanted, OTHERWISE);
        }
    }
}

const RBAC: &str = "rbac.authorization.k8s.io";

/// Whether every cluster, or every cluster of a provider, has the ClusterRole.
fn is_built_in(name: &str) -> bool {
    matches!(name, "view" | "edit" | "admin" | "cluster-admin") || name.contains(':')
}
