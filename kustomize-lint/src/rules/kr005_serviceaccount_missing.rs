use super::needs::{OTHERWISE, missing};
use super::prelude::*;
use crate::view::Target;

rule! {
    /// A pod that runs as a ServiceAccount which the overlay does not have, or a binding that
    /// gives it a role.
    ///
    /// The controller cannot create the pod: the Deployment exists and has no pods. A RoleBinding
    /// or ClusterRoleBinding is accepted, and the pods that it is for go without their rights.
    /// `default` is in every namespace; others that are made elsewhere are declared with
    /// `externals`.
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
    ///   serviceAccountName: web
    ///   containers: [{name: web, image: nginx:1.27}]
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml, account.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   serviceAccountName: web
    ///   containers: [{name: web, image: nginx:1.27}]
    /// -- account.yaml --
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata: {name: web}
    /// ```
    KR005 "serviceaccount-missing" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    missing(overlay, findings, Target::ServiceAccount, |_, _| false, OTHERWISE);
}
