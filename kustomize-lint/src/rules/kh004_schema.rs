use super::prelude::*;
use crate::api::{self, Problem, Verdict, Violation};
use crate::rule::Severity;

rule! {
    /// An object that does not fit its schema: a misspelt field, a wrong type, a missing field, a
    /// value that is not among the allowed ones.
    ///
    /// A misspelt field is dropped without a word where validation is not strict, and its
    /// default counts. A value that the server takes, and that is cut or that its controller cannot read, is a
    /// warning. The schemas of Kubernetes 1.29 to 1.37, Gateway API, External Secrets and
    /// Argo CD are in the program, and what the annotations of the AWS Load Balancer Controller
    /// look like. Kinds that are not known are left alone. Amounts are checked by KQ008, and KH007
    /// checks the rules beyond a schema: how names, labels and keys are written, names that stand twice, fields
    /// that depend on each other.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web}
    /// spec:
    ///   selector: {app: web}
    ///   ports: [{port: "80", targtPort: 8080}]
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [web.yaml]
    /// -- web.yaml --
    /// apiVersion: v1
    /// kind: Service
    /// metadata: {name: web}
    /// spec:
    ///   selector: {app: web}
    ///   ports: [{port: 80, targetPort: 8080}]
    /// ```
    KH004 "schema" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for object in overlay.objects() {
        let Verdict::Checked(violations) = api::validate(&object.node, overlay.settings.kubernetes)
        else {
            continue;
        };
        // SOPS takes its own part out again before the object is applied.
        let encrypted = |violation: &Violation| {
            let sops = |key| object.node.at(&["sops", key]).is_some();
            violation.path == "sops" && (sops("mac") || sops("version"))
        };
        for mut violation in violations.into_iter().filter(|one| !encrypted(one)) {
            if let Problem::NotAllowed { found, .. } = &mut violation.problem
                && overlay.files.is_hidden(violation.place)
            {
                "this value".clone_into(found);
            }
            let may_be_accepted = violation.problem.may_be_accepted();
            let finding = findings.at(violation.place, violation.message()).object(object);
            if may_be_accepted {
                finding.at_most(Severity::Warning);
            }
            finding.detail(violation.path.clone());
            // Of what a patch says, it is good to know for whom.
            if violation.place.file != object.source.file {
                finding.also(object.head(), "the object");
            }
            if let Some(hint) = violation.hint() {
                finding.hint(hint);
            }
        }
    }
}
