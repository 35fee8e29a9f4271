# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# Independent readers of Delta tables and Parquet files: chdb, deltalake, duckdb, polars, pyarrow.
requirements=$scripts/requirements/readers.txt
constraints=$scripts/requirements/readers.constraints.txt
version=$(sed -n 's/^deltalake==//p' "$requirements")
pins=$(requirement_pins "$requirements" "$constraints")

install_peer() {
    python_venv "$requirements" "$constraints"
}

print_env() {
    echo "PEER_READERS_PYTHON=$dir/bin/python"
}
