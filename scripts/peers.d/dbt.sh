# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# dbt with DuckDB. The dbt project of the tests names the versions.
requirements=$project/tests/dbt/requirements.txt
version=$(sed -n 's/^dbt-core==//p' "$requirements")
pins=$(requirement_pins "$requirements")

install_peer() {
    python_venv "$requirements"
}

print_env() {
    echo "PEER_DBT=$dir/bin/dbt"
}
