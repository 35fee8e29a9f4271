//! Objects with mistakes. `cases/objects.txt` says on the line of each what is wrong with it.

use std::collections::HashMap;
use std::sync::OnceLock;

use kustomize_lint::api::{Problem, Verdict, Version, Violation, validate};
use kustomize_lint::object::Object;
use kustomize_lint::render::render;
use kustomize_lint::tree::Files;
use libtest_mimic::Trial;
use rideshare_tests::peers;

use crate::{peer, trial};

/// The verdict of `kubernetes-validate` where it differs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Peer {
    /// The same.
    Agrees,
    /// It does not know the kind.
    Unknown,
    /// It does not check this.
    Accepts,
    /// It refuses what the API server takes.
    Refuses,
}

struct Case<'a> {
    title: &'a str,
    versions: Vec<Version>,
    peer: Peer,
    text: String,
    /// Line and message.
    wanted: Vec<(usize, &'a str)>,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    text.split("\n== ").skip(1).map(case).collect()
}

fn case(text: &str) -> Case<'_> {
    let (head, body) = text.split_once('\n').unwrap();
    let (settings, title) = head.split_once(": ").unwrap();
    let (mut versions, mut peer) = (Version::KNOWN.to_vec(), Peer::Agrees);
    for (at, word) in settings.split(' ').enumerate() {
        match word {
            "all" => {}
            "agrees" => peer = Peer::Agrees,
            "unknown" => peer = Peer::Unknown,
            "accepts" => peer = Peer::Accepts,
            "refuses" => peer = Peer::Refuses,
            version if at == 0 => {
                versions = version.split(',').map(|v| v.parse().unwrap()).collect()
            }
            other => panic!("{head}: {other}"),
        }
    }
    let mut wanted = Vec::new();
    let mut yaml = String::new();
    for (at, line) in body.lines().enumerate() {
        let mut parts = line.split(" #! ");
        yaml += parts.next().unwrap();
        yaml += "\n";
        wanted.extend(parts.map(|message| (at + 1, message)));
    }
    Case { title, versions, peer, text: yaml, wanted }
}

/// The object of a case.
fn object(case: &Case, files: &mut Files) -> Object {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("kustomization.yaml"), "resources: [object.yaml]\n").unwrap();
    std::fs::write(folder.path().join("object.yaml"), &case.text).unwrap();
    let rendering = render(folder.path(), files);
    // kustomize refuses a text on the way to a name. The schema has to say it, too.
    let is_on_the_way =
        |problem: &kustomize_lint::facts::Problem| problem.message.ends_with("which has no fields");
    assert!(rendering.problems.iter().all(is_on_the_way), "{:?}", rendering.problems);
    let [object] = <[Object; 1]>::try_from(rendering.objects).expect("one object");
    object
}

fn violations(object: &Object, version: Version) -> Vec<Violation> {
    match validate(&object.node, version) {
        Verdict::Checked(violations) => violations,
        Verdict::Unknown => panic!("{} {} is not known", object.kind(), object.name()),
    }
}

/// Two tests for each case and version: the mistakes are found, and the peer has the same verdict.
pub(crate) fn trials() -> Vec<Trial> {
    let all: &'static [Case<'static>] = cases(include_str!("cases/objects.txt")).leak();
    let with_peer = peers::find("PEER_KUBERNETES_VALIDATE_PYTHON").is_some();
    let mut trials = Vec::new();
    for case in all {
        for version in &case.versions {
            let name = format!("object {version}: {}", case.title);
            trials.push(trial(name.clone(), move || is_found(case, *version)));
            if with_peer {
                trials.push(trial(name + ": peer", move || agrees(all, case, *version)));
            }
        }
    }
    trials
}

/// Each mistake at its line, and nothing else.
fn is_found(case: &Case, version: Version) {
    let mut files = Files::default();
    let object = object(case, &mut files);
    let mut found = Vec::new();
    for violation in violations(&object, version) {
        let file = files.get(violation.place.file);
        let text = &file.text[violation.place.span()];
        match &violation.problem {
            Problem::UnknownField { field: word, .. } | Problem::NotAllowed { found: word, .. } => {
                assert_eq!(text.trim_matches('"'), word);
            }
            _ => {}
        }
        let hint = violation.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
        found.push((files.locate(violation.place).line, violation.message() + &hint));
    }
    let wanted = case.wanted.iter().map(|(line, message)| (*line, (*message).to_owned()));
    let mut wanted: Vec<(usize, String)> = wanted.collect();
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
}

/// The peer's verdicts on every case and version; the peer is asked once.
fn verdicts(all: &[Case]) -> &'static HashMap<(String, String), String> {
    static VERDICTS: OnceLock<HashMap<(String, String), String>> = OnceLock::new();
    VERDICTS.get_or_init(|| {
        let (mut keys, mut objects) = (Vec::new(), Vec::new());
        for case in all {
            let object = object(case, &mut Files::default()).node.to_json();
            for version in &case.versions {
                keys.push((case.title.to_owned(), version.to_string()));
                objects.push((version.to_string(), object.clone()));
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let verdicts = peer::verdicts(&objects, folder.path()).expect("the peer is installed");
        keys.into_iter().zip(verdicts).collect()
    })
}

fn agrees(all: &[Case], case: &Case, version: Version) {
    let verdict = &verdicts(all)[&(case.title.to_owned(), version.to_string())];
    let (verdict, their_path) = verdict.split_once(' ').unwrap_or((verdict, ""));
    let wanted = match (case.peer, !case.wanted.is_empty()) {
        (Peer::Unknown, _) => "unknown",
        (Peer::Agrees, false) | (Peer::Accepts, true) => "valid",
        (Peer::Agrees, true) | (Peer::Refuses, false) => "invalid",
        (peer, broken) => panic!("{peer:?} {broken}"),
    };
    assert_eq!(verdict, wanted);
    // With several mistakes, the peer reports one of its choice.
    let found = violations(&object(case, &mut Files::default()), version);
    if let ([only], Peer::Agrees) = (found.as_slice(), case.peer) {
        assert!(paths(only).contains(&their_path.to_owned()), "{their_path}");
    }
}

/// The paths that the peer may name: for an unknown field, the path of its object; for a
/// required field, the path of the object or, if it is null, of the field.
fn paths(violation: &Violation) -> Vec<String> {
    let path = violation.path.clone();
    match &violation.problem {
        Problem::UnknownField { field, .. } => {
            let object = path.strip_suffix(field.as_str()).unwrap();
            vec![object.strip_suffix('.').unwrap_or(object).to_owned()]
        }
        Problem::Missing { field } => vec![format!("{path}.{field}"), path],
        _ => vec![path],
    }
}
