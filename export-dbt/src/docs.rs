//! Writes export-dbt's completions and man page under the folder given, for `make install`.

fn main() -> anyhow::Result<()> {
    common::docs::main(export_dbt::command::command())
}
