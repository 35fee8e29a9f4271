//! Puts each fault of a first start back, and shows that its check fails.
//!
//! ```text
//! put-back [FILTER]     those whose words or check have this text
//! ```
//!
//! Exit status: 0 all are noticed, 1 some are not, 2 usage.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program of the command line")]

use std::process::ExitCode;

use rideshare_tests::faults::put_back;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let filter = match &arguments[..] {
        [] => "",
        [filter] if !filter.starts_with('-') => filter,
        _ => {
            eprintln!("usage: put-back [FILTER]");
            return ExitCode::from(2);
        }
    };
    let program = std::env::current_exe().expect("this program is a file");
    println!("| fault | check | with the fault | time |\n|---|---|---|---|");
    let all = put_back(filter, &program.with_file_name("compose-gen"), |line| println!("{line}"));
    ExitCode::from(u8::from(!all))
}
