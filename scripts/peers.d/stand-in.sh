# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# The Python packages of the stand-ins for the application, as their image has them.
requirements=$project/tests/platform/stand-in/image/requirements.txt
version=$(sed -n "s/^confluent-kafka==//p" "$requirements")
pins=$(requirement_pins "$requirements")

install_peer() {
    python_venv "$requirements"
}

print_env() {
    echo "PEER_STAND_IN_PYTHON=$dir/bin/python"
}
