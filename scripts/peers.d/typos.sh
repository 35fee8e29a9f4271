# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# typos: finds misspelt words in pages, comments and messages.
requirements=$scripts/requirements/typos.txt
version=$(sed -n 's/^typos==//p' "$requirements")
pins=$(requirement_pins "$requirements")

install_peer() {
    python_venv "$requirements"
}

print_env() {
    echo "PEER_TYPOS=$dir/bin/typos"
}
