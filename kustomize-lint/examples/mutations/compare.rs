//! The two verdicts of each mutation.

use std::collections::BTreeMap;
use std::fmt::Write;

use kustomize_lint::api::{Definitions, Verdict, Version, refused, validate};
use kustomize_lint::render::render;
use kustomize_lint::tree::{Files, Node};
use rideshare_tests::kubernetes::Server;
use rideshare_tests::yaml::documents;
use serde_json::Value;

use super::mutate::mutations;
use super::proxy::Proxy;

/// The verdicts of both on one mutation.
struct Case {
    kind: String,
    label: &'static str,
    path: String,
    /// The server's message.
    server: Option<String>,
    /// The linter's messages, with the paths that they are about.
    linter: Vec<(String, String)>,
}

#[derive(Default)]
pub(crate) struct Compared {
    cases: Vec<Case>,
}

/// Compares; `None` when the API server is not installed.
pub(crate) fn run(texts: &[String], mutate: bool) -> Option<Compared> {
    let server = Server::start()?;
    let mut proxy = Proxy::start(&server);
    let mut compared = Compared::default();
    for object in texts.iter().flat_map(|text| documents(text)).filter(Value::is_object) {
        let kind = object["kind"].as_str().unwrap_or_default().to_owned();
        let mut push = |label, path: &str, object: &Value, proxy: &mut Proxy| {
            // An object that kustomize cannot build is never sent, and a built one may differ from its input.
            let Some((object, linter)) = verdict(object) else { return };
            let server = proxy.apply(&object).err();
            let (kind, path) = (kind.clone(), path.to_owned());
            compared.cases.push(Case { kind, label, path, server, linter });
        };
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        push("nothing", name, &object, &mut proxy);
        for mutation in mutations(&object).into_iter().filter(|_| mutate) {
            push(mutation.label, &mutation.path, &mutation.object, &mut proxy);
        }
    }
    Some(compared)
}

/// The linter's errors: the path and the message of each.
type Errors = Vec<(String, String)>;

/// An object as kustomize builds it, and the linter's errors about it; `None` for one that kustomize refuses.
fn verdict(object: &Value) -> Option<(Value, Errors)> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("kustomization.yaml"), "resources: [o.yaml]\n")
        .expect("a file");
    std::fs::write(folder.path().join("o.yaml"), object.to_string()).expect("a file");
    let rendering = render(folder.path(), &mut Files::default());
    let object = rendering.objects.first().filter(|_| rendering.problems.is_empty())?;
    Some((object.node.to_json(), errors(&object.node)))
}

fn errors(node: &Node) -> Errors {
    let newest = *Version::KNOWN.last().expect("a version");
    let mut found = match validate(node, newest) {
        Verdict::Checked(violations) => violations,
        Verdict::Unknown => Vec::new(),
    };
    found.extend(refused(node, &Definitions::default()));
    let errors = found.iter().filter(|violation| !violation.problem.may_be_accepted());
    errors.map(|violation| (violation.path.clone(), violation.message())).collect()
}

impl Case {
    fn agrees(&self) -> bool {
        self.server.is_some() != self.linter.is_empty()
    }

    /// Whether the linter names a field that the server names.
    fn has_reason(&self) -> bool {
        let Some(server) = &self.server else { return true };
        self.linter.iter().any(|(path, message)| {
            let last = path
                .rsplit(['.', '[', ']', '"'])
                .find(|part| !part.is_empty() && part.parse::<usize>().is_err());
            last.is_none_or(|last| server.contains(last))
                || message.split('`').any(|word| word.len() > 2 && server.contains(word))
        })
    }
}

impl Compared {
    /// Objects that the server accepts and the linter calls wrong.
    pub(crate) fn false_errors(&self) -> usize {
        self.cases.iter().filter(|case| case.server.is_none() && !case.linter.is_empty()).count()
    }

    /// How many the server refuses, and how many of these the linter finds.
    pub(crate) fn found(&self) -> (usize, usize) {
        let refused = self.cases.iter().filter(|case| case.server.is_some());
        (refused.clone().count(), refused.filter(|case| case.agrees()).count())
    }

    /// The disagreements, by what was changed.
    pub(crate) fn report(&self) -> String {
        let mut text = String::new();
        let mut groups: BTreeMap<(bool, String), Vec<&Case>> = BTreeMap::new();
        for case in self.cases.iter().filter(|case| !case.agrees()) {
            let key =
                (case.server.is_some(), format!("{} {} {}", case.kind, case.label, case.path));
            groups.entry(key).or_default().push(case);
        }
        for ((missed, key), cases) in &groups {
            let case = cases[0];
            let (sort, says) = match &case.server {
                Some(server) => ("missed", server.clone()),
                None => ("FALSE ERROR", case.linter[0].1.clone()),
            };
            let short: String = says.chars().take(230).collect();
            let _ = writeln!(text, "{sort}: {key} ({}): {short}", cases.len());
            debug_assert_eq!(*missed, case.server.is_some());
        }
        let (refused, found) = self.found();
        let reasons =
            self.cases.iter().filter(|c| c.server.is_some() && c.agrees() && c.has_reason());
        let _ = writeln!(
            text,
            "{} mutations: the server refuses {refused}, the linter finds {found} of these, {} for a field that the \
             server names; {} false errors",
            self.cases.len(),
            reasons.count(),
            self.false_errors()
        );
        text
    }
}
