use super::needs::{OTHERWISE, missing};
use super::prelude::*;
use crate::view::Target;

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
    for target in [Target::Role, Target::ClusterRole] {
        missing(overlay, findings, target, |_, _| false, OTHERWISE);
    }
}
