use common::kubernetes::needs;

use super::needs::{OTHERWISE, not_there};
use super::prelude::*;
use crate::view::Target;

rule! {
    /// A StatefulSet whose `serviceName` names no Service.
    ///
    /// The API server accepts it, and its pods start. But the names that make a StatefulSet worth its
    /// trouble, `db-0.db.namespace.svc`, do not resolve, so that the members do not find each other. A
    /// StatefulSet without `serviceName` wants no such names.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [db.yaml]
    /// -- db.yaml --
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: {name: db}
    /// spec:
    ///   serviceName: database
    ///   selector: {matchLabels: {app: db}}
    ///   template:
    ///     metadata: {labels: {app: db}}
    ///     spec: {containers: [{name: db, image: "postgres:17.2"}]}
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: db}
    /// spec: {clusterIP: None, selector: {app: db}, ports: [{port: 5432}]}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [db.yaml]
    /// -- db.yaml --
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: {name: db}
    /// spec:
    ///   serviceName: db
    ///   selector: {matchLabels: {app: db}}
    ///   template:
    ///     metadata: {labels: {app: db}}
    ///     spec: {containers: [{name: db, image: "postgres:17.2"}]}
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: db}
    /// spec: {clusterIP: None, selector: {app: db}, ports: [{port: 5432}]}
    /// ```
    KR018 "governing-service-missing" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    // Routes and Ingresses need Services, too; KG001 looks at those.
    for object in overlay.of_kind("StatefulSet") {
        for need in needs::of(&object.node) {
            let (namespace, name) = (need.namespace, need.name());
            if need.target == Target::Service && overlay.misses("Service", namespace, name) {
                let names = ("Service", namespace, name);
                not_there(overlay, findings, object, need.name, names, OTHERWISE);
            }
        }
    }
}
