# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# uv: installs the peers that are Python packages. pip brings uv itself.
requirements=$scripts/requirements/uv.txt
version=$(sed -n 's/^uv==//p' "$requirements")
pins=$(requirement_pins "$requirements")

install_peer() {
    need "$python" "install Python 3.10 or newer, or name one in PEERS_PYTHON"
    "$python" -m venv "$dir/venv" ||
        fail "$name: '$python -m venv' failed" "on Debian and Ubuntu: apt-get install python3-venv"
    "$dir/venv/bin/python" -m pip install --quiet --no-input --disable-pip-version-check --requirement "$requirements" ||
        fail "$name: pip could not install it" "pip's message is above; it needs a Python package index"
    mkdir "$dir/bin"
    mv "$dir/venv/bin/uv" "$dir/bin/uv"
    rm -r "$dir/venv"
}

print_env() {
    echo "PEER_UV=$dir/bin/uv"
}
