# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# boto3: what the benchmarks compare with.
requirements=$scripts/requirements/boto3.txt
version=$(sed -n 's/^boto3==//p' "$requirements")
pins=$(requirement_pins "$requirements")

install_peer() {
    python_venv "$requirements"
}

print_env() {
    echo "PEER_BOTO3_PYTHON=$dir/bin/python"
}
