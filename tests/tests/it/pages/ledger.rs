//! Each command of a page's `sh` block is run by a test or by a workflow, or the ledger says what it needs.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rideshare_tests::root;

use super::all;
use super::commands::lines;

const LEDGER: &str = include_str!("ledger.txt");

/// A row: the beginning of a command, and its proof.
fn rows() -> Vec<(&'static str, &'static str)> {
    let lines = LEDGER.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(" => ").unwrap_or_else(|| panic!("{line}"))).collect()
}

/// The row of a command: the longest that it begins with.
fn row<'r>(command: &str, rows: &[(&'r str, &'r str)]) -> Option<(&'r str, &'r str)> {
    let of = rows.iter().filter(|(beginning, _)| command.starts_with(beginning));
    of.max_by_key(|(beginning, _)| beginning.len()).copied()
}

#[test]
fn every_command_is_run_or_says_what_it_needs() {
    let rows = rows();
    let mut used = BTreeSet::new();
    let mut missing = Vec::new();
    for page in all() {
        for command in lines(&page) {
            match row(&command, &rows) {
                Some((beginning, _)) => drop(used.insert(beginning)),
                None => missing.push(format!("{}: {command}", page.path)),
            }
            // A second command of a line.
            for second in command.split(" && ").skip(1) {
                match row(second, &rows) {
                    Some((beginning, _)) => drop(used.insert(beginning)),
                    None => missing.push(format!("{}: {second}", page.path)),
                }
            }
        }
    }
    assert!(missing.is_empty(), "add to ledger.txt:\n{}", missing.join("\n"));
    let stale: Vec<&str> =
        rows.iter().map(|(beginning, _)| *beginning).filter(|one| !used.contains(one)).collect();
    assert!(stale.is_empty(), "no page has them any more: {stale:?}");
}

#[test]
fn every_proof_is_there() {
    let mut wrong = Vec::new();
    for (command, proof) in rows() {
        let words: Vec<&str> = proof.split(' ').collect();
        let there = match words.as_slice() {
            ["test", name, function] => {
                is_in(&root().join(name).join("tests"), &format!("fn {function}()"))
            }
            ["ci", workflow, rest @ ..] => {
                let wanted = if rest.is_empty() { command.to_owned() } else { rest.join(" ") };
                let path = root().join(".github/workflows").join(workflow);
                fs::read_to_string(path).is_ok_and(|text| text.contains(&wanted))
            }
            ["needs", _, ..] => true,
            _ => false,
        };
        if !there {
            wrong.push(format!("{command} => {proof}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn is_in(folder: &Path, text: &str) -> bool {
    fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        let path = entry.path();
        match path.is_dir() {
            true => is_in(&path, text),
            false => {
                path.extension().is_some_and(|end| end == "rs")
                    && fs::read_to_string(&path).is_ok_and(|source| source.contains(text))
            }
        }
    })
}
