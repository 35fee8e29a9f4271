//! Writes compose-gen's completions and man pages under the folder given, for `make install`.

use clap::CommandFactory;

fn main() -> anyhow::Result<()> {
    common::docs::main(compose_gen::cli::Cli::command())
}
