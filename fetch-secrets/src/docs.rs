//! Writes fetch-secrets' completions and man pages under the folder given, for `make install`.

use clap::CommandFactory;

fn main() -> anyhow::Result<()> {
    common::docs::main(fetch_secrets::cli::Cli::command())
}
