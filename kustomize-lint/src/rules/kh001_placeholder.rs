use super::prelude::*;
use crate::rule::Severity;
use crate::view::placeholder::{self, Sort};

rule! {
    /// A value that is still to be filled in: `<account-id>`, `REPLACE_ME`, `CHANGEME`,
    /// `${VARIABLE}`.
    ///
    /// Kubernetes replaces nothing of the kind, so a role's address, a host name or a password
    /// goes live with the stand-in. A word in angle brackets counts as a whole value, or as a whole
    /// part of a path, an address or a host name; in prose (descriptions, summaries, messages) it
    /// does not. All values of all objects count: settings in ConfigMaps and Secrets, variables, commands,
    /// arguments and annotations, too; only CustomResourceDefinitions are left out. In those `${VARIABLE}` does not count, because programs
    /// replace it in theirs. In a text of several lines only settings count: a whole value `REPLACE_ME` or
    /// `CHANGEME`, or a value with `<several-words>`; comments, scripts and markup do not. Where another tool
    /// replaces `${VARIABLE}` after kustomize, as Flux can, the configuration should leave the
    /// rule out. A host below `example.com`, `example.net` or `example.org` is a warning, unless the
    /// configuration lists its domain in `example_domains`.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [account.yaml]
    /// -- account.yaml --
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     eks.amazonaws.com/role-arn: arn:aws:iam::<account-id>:role/web
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [account.yaml]
    /// -- account.yaml --
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/web
    /// ```
    KH001 "placeholder" Error Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for object in overlay.objects() {
        for found in placeholder::find(object) {
            let is_example = match &found.sort {
                Sort::Example(host) if overlay.settings.is_meant(host) => continue,
                Sort::Example(_) => true,
                Sort::Blank => false,
            };
            let text = match &found.token {
                Some(token) => format!("`{token}`"),
                None => "a value to be filled in".to_owned(),
            };
            let message = format!("{text} stands at {} of {object}", found.path);
            let origin = found.node.origin;
            let place = found.token.as_deref().map(|token| narrow(overlay, origin.place(), token));
            let finding = findings.at(place.unwrap_or(origin.place()), message);
            if is_example {
                finding.at_most(Severity::Warning);
            }
            if origin.last.is_some() {
                finding.also(origin.base, "stood here first");
            }
            finding.object(object).detail(found.token.unwrap_or_default());
            finding.hint(if is_example {
                "name the real host; a domain that is meant is listed in `example_domains`"
            } else {
                "fill it in; Kubernetes takes it as it is"
            });
        }
    }
}

/// The placeholder in its value, as far as it stands there as it is.
fn narrow(overlay: &Overlay<'_>, place: Place, token: &str) -> Place {
    let text = overlay.files.get(place.file).text.get(place.span()).unwrap_or_default();
    text.find(token).map_or(place, |at| {
        let start = place.start as usize + at;
        Place::new(place.file, &(start..start + token.len()))
    })
}
