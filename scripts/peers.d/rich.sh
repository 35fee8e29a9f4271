# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# rich: draws a terminal session as SVG.
requirements=$scripts/requirements/rich.txt
version=$(sed -n 's/^rich==//p' "$requirements")
pins=$(requirement_pins "$requirements")

install_peer() {
    python_venv "$requirements"
}

print_env() {
    echo "PEER_RICH_PYTHON=$dir/bin/python"
}
