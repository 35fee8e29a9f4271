use common::kubernetes::Claims;

use super::needs::{OTHERWISE, missing};
use super::prelude::*;
use crate::view::Target;

rule! {
    /// A pod that mounts a PersistentVolumeClaim which the overlay does not have.
    ///
    /// The pod stays `Pending`. The claims of a StatefulSet's `volumeClaimTemplates` are there for
    /// its own pods, and for others under the names that they get (`data-postgres-0`); those of
    /// `ephemeral` volumes come with their pod. Claims that are made elsewhere are declared with
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
    ///   containers:
    ///     - {name: web, image: nginx:1.27, volumeMounts: [{name: files, mountPath: /files}]}
    ///   volumes: [{name: files, persistentVolumeClaim: {claimName: files}}]
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml, files.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   containers:
    ///     - {name: web, image: nginx:1.27, volumeMounts: [{name: files, mountPath: /files}]}
    ///   volumes: [{name: files, persistentVolumeClaim: {claimName: files}}]
    /// -- files.yaml --
    /// apiVersion: v1
    /// kind: PersistentVolumeClaim
    /// metadata: {name: files}
    /// spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
    /// ```
    KR006 "pvc-missing" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    let claims = Claims::of(overlay.nodes());
    let is_made = |namespace: &str, name: &str| claims.has(namespace, name);
    missing(overlay, findings, Target::Claim, is_made, OTHERWISE);
}
