# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# dbt with DuckDB. The dbt project of the tests names the versions.
requirements=$project/tests/dbt/requirements.txt
version=$(sed -n 's/^dbt-core[=<>~]*//p' "$requirements" 2>/dev/null || true)
version=${version:-unknown}
pins=$(requirement_pins "$requirements" 2>/dev/null || true)

install_peer() {
    [[ -r $requirements ]] ||
        fail "$name: ${requirements#"$project/"} is missing" "it names the versions of dbt-core and dbt-duckdb"
    python_venv "$requirements"
}

print_env() {
    echo "PEER_DBT=$dir/bin/dbt"
}
