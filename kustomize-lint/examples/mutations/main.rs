//! Sends mutations of objects to a real API server and to the linter, and prints where they disagree.
//!
//! ```text
//! cargo run -p kustomize-lint --example mutations -- [--unchanged] [FILE...]
//! ```
//!
//! A mutation changes one field: it is deleted, has another type, another name, a number out of its
//! range or a text of bad syntax, or an item of a list stands twice. With `--unchanged` the objects are sent
//! as they are. Without a FILE the objects are those
//! of `objects.yaml` and `kinds.yaml`. Exit status: 0 the linter refuses nothing that the server accepts, 1 it does, 2
//! usage, 3 the API server is not installed.

mod compare;
mod mutate;
mod proxy;

use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut files: Vec<String> = std::env::args().skip(1).collect();
    let is_unchanged = files.first().is_some_and(|first| first == "--unchanged");
    files.drain(..usize::from(is_unchanged));
    let mut texts =
        vec![include_str!("objects.yaml").to_owned(), include_str!("kinds.yaml").to_owned()];
    if !files.is_empty() {
        texts.clear();
    }
    for file in &files {
        match std::fs::read_to_string(file) {
            Ok(text) => texts.push(text),
            Err(error) => {
                let _ = writeln!(io::stderr(), "mutations: {file}: {error}");
                return ExitCode::from(2);
            }
        }
    }
    let Some(compared) = compare::run(&texts, !is_unchanged) else { return ExitCode::from(3) };
    let _ = write!(io::stdout(), "{}", compared.report());
    if compared.false_errors() == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) }
}
