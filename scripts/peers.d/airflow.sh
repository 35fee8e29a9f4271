# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# Airflow, with the init process of its image.
requirements=$scripts/requirements/airflow.txt
constraints=$scripts/requirements/airflow.constraints.txt
version=$(sed -n 's/^apache-airflow==//p' "$requirements")
pins=$(requirement_pins "$requirements" "$constraints")

install_peer() {
    python_venv "$requirements" "$constraints"
}

print_env() {
    echo "PEER_AIRFLOW=$dir/bin/airflow"
}
