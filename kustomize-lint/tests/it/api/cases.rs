//! Objects with mistakes. `cases.txt` says on the line of each what is wrong with it.

use std::path::Path;

use kustomize_lint::api::{Problem, Version, Violation};
use kustomize_lint::render::Rendering;
use kustomize_lint::tree::Files;

use super::{peer, rendered, violations};

/// What `kubernetes-validate` says where it differs.
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

fn render_case(case: &Case, folder: &Path, files: &mut Files) -> Rendering {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("kustomization.yaml"), "resources: [object.yaml]\n").unwrap();
    std::fs::write(folder.join("object.yaml"), &case.text).unwrap();
    rendered(folder, files)
}

#[test]
fn each_mistake_is_found_at_its_line_and_nothing_else_is() {
    let cases = cases(include_str!("cases.txt"));
    let folder = tempfile::tempdir().unwrap();
    let mut objects = Vec::new();
    let mut wanted_of_peer = Vec::new();
    let mut failures = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let mut files = Files::default();
        let rendering = render_case(case, &folder.path().join(number.to_string()), &mut files);
        let [object] = rendering.objects.as_slice() else { panic!("{}", case.title) };
        for version in &case.versions {
            let violations = violations(object, *version);
            let mut found = Vec::new();
            for violation in &violations {
                let file = files.get(violation.place.file);
                let text = &file.text[violation.place.span()];
                match &violation.problem {
                    Problem::UnknownField { field, .. } => {
                        assert_eq!(text.trim_matches('"'), field, "{}", case.title);
                    }
                    Problem::NotAllowed { found, .. } => {
                        assert_eq!(text.trim_matches('"'), found, "{}", case.title);
                    }
                    _ => {}
                }
                let hint = violation.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
                let line = files.locate(violation.place).line;
                found.push((line, violation.message() + &hint));
            }
            let mut wanted: Vec<(usize, String)> =
                case.wanted.iter().map(|(line, message)| (*line, (*message).to_owned())).collect();
            found.sort();
            wanted.sort();
            if found != wanted {
                failures.push(format!("{version} {}: {found:#?}\nwanted {wanted:#?}", case.title));
            }
            objects.push((version.to_string(), object.node.to_json()));
            // With several mistakes, the peer reports one of its choice.
            let only = <[_; 1]>::try_from(violations).ok().map(|[only]| only);
            wanted_of_peer.push((case, *version, only));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let broken = cases.iter().filter(|case| !case.wanted.is_empty()).count();
    assert!(broken >= 60, "{broken}");

    let Some(verdicts) = peer::verdicts(&objects, folder.path()) else { return };
    let mut compared = 0;
    for (verdict, (case, version, only)) in verdicts.iter().zip(wanted_of_peer) {
        let broken = !case.wanted.is_empty();
        let wanted = match (case.peer, broken) {
            (Peer::Unknown, _) => "unknown",
            (Peer::Agrees, false) | (Peer::Accepts, true) => "valid",
            (Peer::Agrees, true) | (Peer::Refuses, false) => "invalid",
            (peer, broken) => panic!("{}: {peer:?} {broken}", case.title),
        };
        let (verdict, their_path) = verdict.split_once(' ').unwrap_or((verdict, ""));
        assert_eq!(verdict, wanted, "{version} {}", case.title);
        if let Some(only) = only.filter(|_| case.peer == Peer::Agrees) {
            assert!(paths(&only).contains(&their_path.to_owned()), "{version} {}", case.title);
            compared += 1;
        }
    }
    assert!(compared > 150, "{compared}");
}

/// The paths that the peer may name: for a field that is unknown, that of the object with it; for
/// a required field, the object's or, if it is null, its own.
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
