//! Writes kustomize-lint's completions and man pages under the folder given, for `make install`.

use clap::CommandFactory;

fn main() -> anyhow::Result<()> {
    common::docs::main(kustomize_lint::cli::Cli::command())
}
