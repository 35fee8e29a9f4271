//! Writes compose-gen's completions and man pages under the folder given, for `make install`.

use clap::CommandFactory;

fn main() -> std::io::Result<()> {
    let prefix = std::env::args_os().nth(1).expect("usage: compose-gen-docs PREFIX");
    common::docs::install(compose_gen::cli::Cli::command(), prefix.as_ref())
}
