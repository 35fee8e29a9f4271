//! The same findings in every format, each read by a parser of its kind.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use rideshare_tests::peers;
use rideshare_tests::run::{Run, run};
use serde_json::Value;

use rideshare_tests::archive::cases;

/// Findings of three rules, at a base that two overlays share, in a name with a space, and in a
/// kustomization of its own.
const CASE: &str = "## case
-- base/kustomization.yaml --
resources: [the web.yaml]
-- base/the web.yaml --
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: nginx:1.27
      envFrom:
        - configMapRef: {name: \"gr\u{fc}n, 100%: a\"}
-- one/kustomization.yaml --
resources: [../base]
patches:
  - target: {kind: Deployment}
    patch: |-
      - {op: remove, path: /spec}
-- two/kustomization.yaml --
resources: [../base] # kustomize-lint: ignore[KB002] comes later
";

/// Rule, file, line and message of a finding.
type Key = (String, String, u64, String);

fn linted(folder: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kustomize-lint"));
    run(command.current_dir(folder).args(["--select", "KB002,KR001,KH005"]).args(arguments))
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    cases(CASE)[0].write(folder.path());
    folder
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn json(text: &str) -> BTreeSet<Key> {
    let document: Value = serde_json::from_str(text).unwrap();
    assert_eq!(document["version"], 1);
    let key = |f: &Value| {
        let place = &f["place"];
        let line = place["line"].as_u64().unwrap();
        (self::text(&f["rule"]), self::text(&place["file"]), line, self::text(&f["message"]))
    };
    document["findings"].as_array().unwrap().iter().map(key).collect()
}

fn sarif(text: &str) -> BTreeSet<Key> {
    let document: Value = serde_json::from_str(text).unwrap();
    let run = &document["runs"][0];
    let key = |result: &Value| {
        let place = &result["locations"][0]["physicalLocation"];
        let uri = self::text(&place["artifactLocation"]["uri"]).replace("%20", " ");
        let rule = self::text(&result["ruleId"]);
        let at = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(run["tool"]["driver"]["rules"][at]["id"], *rule);
        let message = self::text(&result["message"]["text"]);
        let message = message.split(". ").next().unwrap().to_owned();
        (rule, uri, place["region"]["startLine"].as_u64().unwrap(), message)
    };
    run["results"].as_array().unwrap().iter().map(key).collect()
}

/// By the rules of GitHub's runner: properties end at `::`, and `%` hides what separates.
fn github(text: &str) -> BTreeSet<Key> {
    let plain = |text: &str| {
        let text = text.replace("%0A", "\n").replace("%3A", ":").replace("%2C", ",");
        text.replace("%25", "%")
    };
    let key = |line: &str| {
        let (properties, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        let (_, properties) = properties.split_once(' ').unwrap();
        let property = |name: &str| {
            let mut pairs = properties.split(',').map(|pair| pair.split_once('=').unwrap());
            plain(pairs.find(|(key, _)| *key == name).unwrap_or_else(|| panic!("{line}")).1)
        };
        let title = property("title");
        let message = plain(message);
        let message = message.split(" (in ").next().unwrap().split('\n').next().unwrap();
        let rule = title.split(' ').next().unwrap().to_owned();
        (rule, property("file"), property("line").parse().unwrap(), message.to_owned())
    };
    text.lines().map(key).collect()
}

fn junit(text: &str) -> BTreeSet<Key> {
    let document = roxmltree::Document::parse(text).unwrap();
    let count = |name| document.root_element().attribute(name).unwrap().parse::<usize>().unwrap();
    let all: Vec<_> = document.descendants().filter(|n| n.has_tag_name("testcase")).collect();
    let failed = document.descendants().filter(|n| n.has_tag_name("failure"));
    assert_eq!((count("tests"), count("failures")), (all.len(), failed.clone().count()));
    let key = |failure: roxmltree::Node<'_, '_>| {
        let name = failure.parent().unwrap().attribute("name").unwrap();
        let (rule, place) = name.split_once(" at ").unwrap();
        let mut parts = place.rsplit(':');
        let line = parts.nth(1).unwrap().parse().unwrap();
        let file = failure.parent().unwrap().attribute("classname").unwrap().to_owned();
        let rule = rule.split(' ').next().unwrap().to_owned();
        (rule, file, line, failure.attribute("message").unwrap().to_owned())
    };
    failed.map(key).collect()
}

/// The page is well-formed XML, too, so its tags close.
fn html(text: &str) -> BTreeSet<Key> {
    let markup = text.strip_prefix("<!DOCTYPE html>\n").unwrap();
    // HTML has elements that do not close.
    let markup = markup.lines().map(|line| match line.starts_with("<meta ") {
        true => line.replace('>', "/>"),
        false => line.to_owned(),
    });
    let markup: Vec<String> = markup.collect();
    let markup = markup.join("\n");
    let document = roxmltree::Document::parse(&markup).unwrap();
    let inner = |node: roxmltree::Node<'_, '_>| -> String {
        node.descendants().filter_map(|node| node.is_text().then(|| node.text())?).collect()
    };
    let key = |article: roxmltree::Node<'_, '_>| {
        let of = |name| article.descendants().find(|n| n.has_tag_name(name)).unwrap();
        let rule = inner(of("code"));
        let (_, message) =
            inner(of("h3")).split_once(&rule).map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        let place = inner(of("figcaption"));
        let mut parts = place.split(':');
        let file = parts.next().unwrap().to_owned();
        (rule, file, parts.next().unwrap().parse().unwrap(), message.trim().to_owned())
    };
    document.descendants().filter(|n| n.has_tag_name("article")).map(key).collect()
}

#[test]
fn the_page_loads_nothing() {
    let folder = folder();
    let page = linted(folder.path(), &["--format", "html"]).expect(1).stdout;
    for part in ["<script", "http:", "https:", "url(", "@import", " src=", " href="] {
        assert!(!page.contains(part), "{part}");
    }
    assert!(page.contains("<mark>"), "{page}");
}

/// `error[KR001]: message`, and `--> file:line:column` behind it.
fn human(text: &str) -> BTreeSet<Key> {
    let mut found = BTreeSet::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        if let Some((rule, message)) =
            line.split_once("]: ").and_then(|(l, message)| Some((l.split_once('[')?.1, message)))
        {
            open = Some((rule.to_owned(), message.to_owned()));
        } else if let Some(place) = line.trim_start().strip_prefix("--> ")
            && let Some((rule, message)) = open.take()
        {
            let mut parts = place.rsplitn(3, ':');
            let line = parts.nth(1).unwrap().parse().unwrap();
            found.insert((rule, parts.next().unwrap().to_owned(), line, message));
        }
    }
    found
}

#[test]
fn every_format_has_the_same_findings() {
    let folder = folder();
    let read = |format: &str| linted(folder.path(), &["--format", format]).expect(1).stdout;
    let found = json(&read("json"));
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(human(&read("human")), found);
    assert_eq!(sarif(&read("sarif")), found);
    assert_eq!(github(&read("github")), found);
    assert_eq!(junit(&read("junit")), found);
    assert_eq!(html(&read("html")), found);
}

#[test]
fn several_formats_are_written_in_one_run() {
    let folder = folder();
    let outputs = ["human", "json", "sarif", "github", "junit", "html"];
    let named: Vec<String> = outputs.iter().map(|name| format!("{name}=out.{name}")).collect();
    let arguments: Vec<&str> = named.iter().flat_map(|one| ["--output", one.as_str()]).collect();
    let stdout = linted(folder.path(), &arguments).expect(1).stdout;
    for name in outputs {
        let file = fs::read_to_string(folder.path().join(format!("out.{name}"))).unwrap();
        assert_eq!(file, linted(folder.path(), &["--format", name]).stdout, "{name}");
    }
    assert_eq!(stdout, fs::read_to_string(folder.path().join("out.human")).unwrap());
    // A file that cannot be written is reported, and no part of it is left.
    let failed = linted(folder.path(), &["--output", "json=base"]);
    assert_eq!(failed.status, 2, "{}", failed.stderr);
}

#[test]
fn sarif_is_valid_by_its_schema() {
    let (Some(schema), Some(python)) =
        (peers::find("PEER_SARIF_SCHEMA"), peers::find("PEER_KUBERNETES_VALIDATE_PYTHON"))
    else {
        return;
    };
    let folder = folder();
    let text = linted(folder.path(), &["--format", "sarif"]).expect(1).stdout;
    let validate = |text: &str| {
        let file = folder.path().join("findings.sarif");
        fs::write(&file, text).unwrap();
        let script = "import json,sys,jsonschema; \
                      jsonschema.validate(json.load(open(sys.argv[2])), json.load(open(sys.argv[1])))";
        run(Command::new(&python).args(["-c", script]).arg(&schema).arg(&file))
    };
    validate(&text).expect(0);
    // The schema is strict enough to tell: a level that there is not.
    validate(&text.replace("\"level\": \"error\"", "\"level\": \"grave\"")).expect(1);
}

#[test]
fn fingerprints_are_the_same_from_every_folder_of_a_checkout() {
    let folder = folder();
    fs::create_dir(folder.path().join(".git")).unwrap();
    let fingerprints = |from: &str, path: &str| {
        let text = linted(&folder.path().join(from), &[path, "--format", "json"]).stdout;
        let document: Value = serde_json::from_str(&text).unwrap();
        let findings = document["findings"].as_array().unwrap().clone();
        findings.iter().map(|f| self::text(&f["fingerprint"])).collect::<Vec<_>>()
    };
    let there = fingerprints("one", "..");
    assert_eq!(there.len(), 3);
    assert_eq!(there, fingerprints(".", "."));
}

#[test]
fn fingerprints_survive_lines_that_move() {
    let folder = folder();
    let fingerprints = || {
        let text = linted(folder.path(), &["--format", "json"]).stdout;
        let document: Value = serde_json::from_str(&text).unwrap();
        let findings = document["findings"].as_array().unwrap().clone();
        findings.iter().map(|f| self::text(&f["fingerprint"])).collect::<BTreeSet<_>>()
    };
    let before = fingerprints();
    assert_eq!(before.len(), 3);
    for file in ["base/the web.yaml", "one/kustomization.yaml", "two/kustomization.yaml"] {
        let path = folder.path().join(file);
        fs::write(&path, format!("# a line\n\n{}", fs::read_to_string(&path).unwrap())).unwrap();
    }
    assert_eq!(fingerprints(), before);
}
