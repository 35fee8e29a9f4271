use super::needs::missing_keys;
use super::prelude::*;
use crate::view::Target;

rule! {
    /// A key of a ConfigMap that a pod names and the ConfigMap does not have.
    ///
    /// The container stays in `CreateContainerConfigError`, or the volume cannot be mounted,
    /// although the ConfigMap is there. Keys are `data` and `binaryData`, and what a generator
    /// makes of its literals, files and env files. A `subPath` of a mounted ConfigMap names a key,
    /// too; without it the container finds an empty folder instead of the file. References with
    /// `optional: true` are left alone, and so is a ConfigMap without any key, which somebody is
    /// going to fill.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// configMapGenerator: [{name: settings, literals: [LOG_LEVEL=info]}]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: nginx:1.27
    ///       env:
    ///         - name: LEVEL
    ///           valueFrom: {configMapKeyRef: {name: settings, key: LOGLEVEL}}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// configMapGenerator: [{name: settings, literals: [LOG_LEVEL=info]}]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: {name: web}
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: nginx:1.27
    ///       env:
    ///         - name: LEVEL
    ///           valueFrom: {configMapKeyRef: {name: settings, key: LOG_LEVEL}}
    /// ```
    KR003 "configmap-key-missing" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    missing_keys(overlay, findings, Target::ConfigMap);
}
