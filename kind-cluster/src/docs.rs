//! Writes kind-cluster's completions and man pages under the folder given, for `make install`.

use clap::CommandFactory;

fn main() -> std::io::Result<()> {
    let prefix = std::env::args_os().nth(1).expect("usage: kind-cluster-docs PREFIX");
    common::docs::install(kind_cluster::cli::Cli::command(), prefix.as_ref())
}
