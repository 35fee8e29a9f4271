//! Tries every mutant of the Terraform layers, or each `STEP`th, and prints a table and the survivors.
//!
//! ```text
//! tf-mutate [STEP]
//! tf-mutate --terraform STEP     with `terraform test` and the contract instead of the evaluation
//! ```
//!
//! Exit status: 0 enough is noticed, 1 too much survives, 2 usage.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program of the command line")]

use std::process::ExitCode;

use rideshare_tests::root;
use rideshare_tests::terraform::mutation::{mutants, run, run_with_terraform};
use rideshare_tests::terraform::plan::Sources;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (terraform, step) = match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => (false, Ok(1)),
        ["--terraform", step] => (true, step.parse()),
        [step] => (false, step.parse::<usize>()),
        _ => return usage(),
    };
    let Some(step) = step.ok().filter(|step| *step > 0) else { return usage() };
    let sources = match Sources::read(&root().join("infrastructure/terraform")) {
        Ok(sources) => sources,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    let all = mutants(&sources).into_iter().step_by(step).collect();
    let outcome = if terraform { run_with_terraform(all) } else { run(&sources, all) };
    print!("{}", outcome.report());
    ExitCode::from(u8::from(!outcome.is_enough()))
}

fn usage() -> ExitCode {
    eprintln!("usage: tf-mutate [--terraform] [STEP]");
    ExitCode::from(2)
}
