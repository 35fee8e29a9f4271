use super::prelude::*;
use crate::facts::{FactKind, Target};
use crate::kustomization::Selector;
use crate::select::Matcher;

rule! {
    /// A target whose name was not written as the regular expression that it is.
    ///
    /// kustomize matches the name of a target as a regular expression against the whole name:
    /// `web` selects `web` and not `web-api`. Two ways of writing go wrong without a word. A dot
    /// in a name stands for any character: `logs.v1` also selects `logs-v1`. And a star is not
    /// the star of file names: `web*` selects `we`, `web` and `webb`, and not `web-api`.
    ///
    /// Reported are a pattern that is the name of an object and selects others as well, and a
    /// star behind a letter, a digit or a dash that selects fewer objects than it would in a file
    /// name. A pattern that is plainly one, such as `web-.*` or `web|api`, is left alone. One
    /// that selects nothing at all is KB002.
    ///
    /// ## Bad
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [maps.yaml]
    /// patches:
    ///   - target: {kind: ConfigMap, name: logs.v1}
    ///     patch: |-
    ///       - {op: replace, path: /data/level, value: debug}
    /// -- maps.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: logs.v1}
    /// data: {level: info}
    /// ---
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: logs-v1}
    /// data: {level: info}
    /// ```
    ///
    /// ## Good
    ///
    /// ```text
    /// -- kustomization.yaml --
    /// resources: [maps.yaml]
    /// patches:
    ///   - target: {kind: ConfigMap, name: 'logs\.v1'}
    ///     patch: |-
    ///       - {op: replace, path: /data/level, value: debug}
    /// -- maps.yaml --
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: logs.v1}
    /// data: {level: info}
    /// ---
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: {name: logs-v1}
    /// data: {level: info}
    /// ```
    KB017 "unanchored-target" Warning Check::Overlay(check)
}

fn check(overlay: &Overlay<'_>, findings: &mut Findings<'_>) {
    for fact in &overlay.rendering.facts {
        let FactKind::Patch { target: Target::Selector, matched, .. } = &fact.kind else {
            continue;
        };
        if matched.is_empty() {
            continue;
        }
        let Some(target) = overlay.target(fact) else { continue };
        let name = target.value.name.as_str();
        let place = overlay.files.first_line(target.place);
        let objects = || matched.iter().filter_map(|key| overlay.rendering.object(*key));
        let literal = |object: &&Object| object.original.name == name || object.name() == name;
        if name.contains('.')
            && objects().any(|object| literal(&object))
            && let Some(other) = objects().find(|object| !literal(object))
        {
            let message = format!("the name `{name}` is a pattern, and selects {other} too");
            findings
                .at(place, message)
                .label("a dot stands for any character")
                .also(other.head(), "selected, too")
                .about(other, format!("write `{}`", regex::escape(name).replace("\\-", "-")));
        } else if let Some(glob) = glob(name)
            && let Some(other) = missed(overlay, &target.value, &glob)
        {
            let id = other.id();
            let message = format!("`{name}` is a regular expression, and does not select {id}");
            findings
                .at(place, message)
                .label("not the star of file names")
                .also(other.head(), "not selected")
                .about(other, format!("write `{glob}` if it is meant, too"));
        }
    }
}

/// The regular expression for what a name with stars means in a shell; `None` for a name
/// without such stars, or with anything else that makes it a regular expression.
fn glob(name: &str) -> Option<String> {
    let letters: Vec<char> = name.chars().collect();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let star = |at: usize| letters[at] == '*' && at > 0 && plain(letters[at - 1]);
    let stars = letters.contains(&'*');
    (stars && (0..letters.len()).all(|at| plain(letters[at]) || star(at)))
        .then(|| name.replace('*', ".*"))
}

/// An object that the glob would select and the pattern does not.
fn missed<'a>(overlay: &'a Overlay<'_>, target: &Selector, glob: &str) -> Option<&'a Object> {
    let meant = Matcher::new(&Selector { name: glob.to_owned(), ..target.clone() }).ok()?;
    let is = Matcher::new(target).ok()?;
    overlay.objects().iter().find(|object| meant.matches(object) && !is.matches(object))
}
