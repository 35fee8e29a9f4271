//! `import-check FOLDER`: imports every Compose file of a folder with compose-gen, and prints what
//! became of each and what was lost without a word.
//!
//! Exit status: 0 nothing was lost, refused by the API server, or failed; 1 something was; 2 it could
//! not be run.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for developers")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rideshare_tests::imports::{self, Imported, Outcome};
use rideshare_tests::kubernetes::Server;
use rideshare_tests::peers;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: import-check FOLDER");
        return ExitCode::from(2);
    };
    let Ok(folder) = folder.canonicalize() else {
        eprintln!("import-check: there is no {}", folder.display());
        return ExitCode::from(2);
    };
    let tool = std::env::current_exe()
        .ok()
        .and_then(|program| Some(program.parent()?.join("compose-gen")));
    let tool = tool.filter(|tool| tool.is_file());
    let (Some(tool), Some(compose), Some(server)) =
        (tool, peers::find("PEER_COMPOSE"), Server::shared())
    else {
        eprintln!(
            "import-check: needs compose-gen beside it, and the peers compose and kubernetes-server"
        );
        return ExitCode::from(2);
    };
    let files = imports::files(&folder);
    let projects = all(&tool, &compose, &folder, &files);
    if report(&projects, server) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Imports the files, some at a time.
fn all(tool: &Path, compose: &Path, folder: &Path, files: &[PathBuf]) -> Vec<Imported> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let project = imports::import(tool, compose, folder, file);
                    done.lock().expect("no thread panics").push(project);
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no thread panics");
    done.sort_by(|a, b| a.name.cmp(&b.name));
    done
}

/// Prints a line for each file and each fault. Returns whether there is no fault.
fn report(projects: &[Imported], server: &Server) -> bool {
    let mut outcomes: BTreeMap<Outcome, usize> = BTreeMap::new();
    let (mut lost, mut differing, mut sent) = (0, 0, Vec::new());
    for project in projects {
        let outcome = project.outcome();
        let accepted = project.config.is_some();
        if accepted {
            *outcomes.entry(outcome).or_default() += 1;
        }
        let by_compose = if accepted { "" } else { " (Docker Compose refuses it)" };
        println!("{outcome:?}{by_compose} {}", project.name);
        project.why().iter().for_each(|line| println!("    {line}"));
        for line in project.differences() {
            println!("    DIFFERS {line}");
            differing += 1;
        }
        if outcome == Outcome::Generated {
            let objects = project.objects(server);
            for line in imports::lost(project, &objects) {
                println!("    LOST {line}");
                lost += 1;
            }
            sent.push((project.name.clone(), objects));
        }
    }
    let refused = imports::refused(server, &sent);
    for (name, lines) in &refused {
        println!("REFUSED BY THE API SERVER {name}");
        lines.iter().for_each(|line| println!("    {line}"));
    }
    let total: usize = outcomes.values().sum();
    let count = |outcome| outcomes.get(&outcome).copied().unwrap_or(0);
    println!(
        "\n{total} files that Docker Compose accepts: {} generated, {} with work left, {} refused, \
         {} failed; {lost} losses without a word; {differing} differences between import and \
         --spec; {} projects refused by the API server",
        count(Outcome::Generated),
        count(Outcome::Left),
        count(Outcome::Refused),
        count(Outcome::Failed),
        refused.len()
    );
    let same = lost == 0 && differing == 0;
    same && refused.is_empty()
        && projects.iter().all(|project| project.outcome() != Outcome::Failed)
}
