//! Writes kind-cluster's completions and man pages under the folder given, for `make install`.

use clap::CommandFactory;

fn main() -> anyhow::Result<()> {
    common::docs::main(kind_cluster::cli::Cli::command())
}
