//! Writes export-dbt's completions and man page under the folder given, for `make install`.

fn main() -> std::io::Result<()> {
    let prefix = std::env::args_os().nth(1).expect("usage: export-dbt-docs PREFIX");
    common::docs::install(export_dbt::cli::command(), prefix.as_ref())
}
