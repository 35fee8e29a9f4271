//! Writes kustomize-lint's completions and man pages under the folder given, for `make install`.

use clap::CommandFactory;

fn main() -> std::io::Result<()> {
    let prefix = std::env::args_os().nth(1).expect("usage: kustomize-lint-docs PREFIX");
    common::docs::install(kustomize_lint::cli::Cli::command(), prefix.as_ref())
}
