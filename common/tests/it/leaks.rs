//! A development value is in no message, whatever is wrong with the catalogue.

use std::fs;

use common::catalogue::Catalogue;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

const CATALOGUE: &str = "\
services:
  app: {image: x, profiles: [core]}
  mon: {image: x, profiles: [monitoring]}
x-env-files:
  core: [core]
  monitoring: [monitoring]
x-secrets:
  a/one:
    description: The first of all
    services: [app]
    keys:
      ONE_USER: {dev: DEV-VALUE-1}
      ONE_PASS:
        variable: FIRST_PASSWORD
        dev: \"DEV-VALUE-2: it's, #1\"
      ONE_LINES:
        dev: |
          DEV-VALUE-3
          DEV-VALUE-4
    composed:
      ONE_URL: {url: \"p://${ONE_USER}:DEV-VALUE-8@h/${FIRST_PASSWORD}\"}
      ONE_TEXT:
        text: \"user=${ONE_USER};DEV-VALUE-9\"
  a/two: {services: [app, mon], format: text, variable: TWO, dev: 'DEV-VALUE-5 x'}
  a/pem:
    services: [app]
    format: text
    variable: PEM
    dev:
      DEV-VALUE-6
  a/bin: {services: [app], format: base64, variable: BIN, dev: DEV-VALUE-7}
";

/// One slip of a person who edits the file.
#[derive(Clone, Debug)]
enum Slip {
    RemoveLine(usize),
    RepeatLine(usize, usize),
    Indent(usize, bool),
    Join(usize),
    Split(usize),
    RemoveSign(usize),
    AddSign(usize, char),
    RemoveKey(usize),
}

const SIGNS: &str = ":{}[]\"',-#|";

fn slip() -> impl Strategy<Value = Slip> {
    let at = 0..10_000usize;
    prop_oneof![
        at.clone().prop_map(Slip::RemoveLine),
        (at.clone(), at.clone()).prop_map(|(from, to)| Slip::RepeatLine(from, to)),
        (at.clone(), any::<bool>()).prop_map(|(line, more)| Slip::Indent(line, more)),
        at.clone().prop_map(Slip::Join),
        at.clone().prop_map(Slip::Split),
        at.clone().prop_map(Slip::RemoveSign),
        (at.clone(), proptest::sample::select(SIGNS.chars().collect::<Vec<_>>()))
            .prop_map(|(place, sign)| Slip::AddSign(place, sign)),
        at.prop_map(Slip::RemoveKey),
    ]
}

fn apply(text: &str, slip: &Slip) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let count = lines.len().max(1);
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let of = |wanted: &dyn Fn(char) -> bool| -> Vec<usize> {
        text.char_indices().filter(|(_, c)| wanted(*c)).map(|(at, _)| at).collect()
    };
    match slip {
        Slip::RemoveLine(line) => {
            lines.remove(line % count);
        }
        Slip::RepeatLine(from, to) => lines.insert(to % count, lines[from % count].clone()),
        Slip::Indent(line, true) => lines[line % count].insert_str(0, "  "),
        Slip::Indent(line, false) => {
            let line = &mut lines[line % count];
            *line = line.strip_prefix("  ").unwrap_or(line).to_owned();
        }
        Slip::Join(line) if count > 1 => {
            let next = lines.remove(line % (count - 1) + 1);
            lines[line % (count - 1)].push_str(&next);
        }
        Slip::Join(_) => {}
        Slip::Split(at) => {
            let spaces = of(&|c| c == ' ');
            let Some(at) = spaces.get(at % spaces.len().max(1)) else { return text.to_owned() };
            return format!("{}\n{}", &text[..*at], &text[*at..]);
        }
        Slip::RemoveSign(at) => {
            let signs = of(&|c| SIGNS.contains(c));
            let Some(at) = signs.get(at % signs.len().max(1)) else { return text.to_owned() };
            return format!("{}{}", &text[..*at], &text[at + 1..]);
        }
        Slip::AddSign(at, sign) => {
            let Some(at) = places.get(at % places.len().max(1)) else { return text.to_owned() };
            return format!("{}{sign}{}", &text[..*at], &text[*at..]);
        }
        Slip::RemoveKey(line) => {
            let line = &mut lines[line % count];
            for key in [
                "dev: ",
                "dev:",
                "variable: ",
                "format: ",
                "keys:",
                "description: ",
                "composed:",
                "url: ",
            ] {
                *line = line.replacen(key, "", 1);
            }
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn no_slip_in_a_catalogue_shows_a_value() {
    let config = Config { cases: 4_000, failure_persistence: None, ..Config::default() };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let folder = tempfile::tempdir().unwrap();
    TestRunner::new_with_rng(config, random)
        .run(&proptest::collection::vec(slip(), 1..4), |slips| {
            let text = slips.iter().fold(CATALOGUE.to_owned(), |text, slip| apply(&text, slip));
            fs::write(folder.path().join("secrets.yaml"), &text).unwrap();
            if let Err(report) = Catalogue::load(folder.path()) {
                let shown = report.render();
                prop_assert!(!shown.contains("DEV-VALUE"), "{}\n{}", text, shown);
            }
            Ok(())
        })
        .unwrap();
}
