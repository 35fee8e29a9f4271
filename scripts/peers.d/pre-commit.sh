# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# pre-commit, which runs the hooks of .pre-commit-hooks.yaml.
requirements=$scripts/requirements/pre-commit.txt
version=$(sed -n 's/^pre-commit==//p' "$requirements")
pins=$(requirement_pins "$requirements")

install_peer() {
    python_venv "$requirements"
}

print_env() {
    echo "PEER_PRE_COMMIT=$dir/bin/pre-commit"
}
