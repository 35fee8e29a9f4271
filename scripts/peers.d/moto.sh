# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# moto's server, which answers as AWS does, and the AWS command line.
requirements=$scripts/requirements/moto.txt
constraints=$scripts/requirements/moto.constraints.txt
version=$(sed -n 's/^moto\[server\]==//p' "$requirements")
pins=$(requirement_pins "$requirements" "$constraints")

install_peer() {
    python_venv "$requirements" "$constraints"
}

print_env() {
    echo "PEER_MOTO_PYTHON=$dir/bin/python"
    echo "PEER_AWS=$dir/bin/aws"
}
