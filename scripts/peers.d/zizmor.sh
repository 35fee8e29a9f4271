# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# zizmor: checks the workflows; run it with --offline.
requirements=$scripts/requirements/zizmor.txt
version=$(sed -n 's/^zizmor==//p' "$requirements")
pins=$(requirement_pins "$requirements")

install_peer() {
    python_venv "$requirements"
}

print_env() {
    echo "PEER_ZIZMOR=$dir/bin/zizmor"
}
