# shellcheck shell=bash
# shellcheck disable=SC2154 # scripts/peers sets them
# Python peers: one virtual environment each, made where it stays, because it does not relocate.

# requirement_pins FILE...: the files' lines without comments, for a stamp.
requirement_pins() {
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@"
}

# python_venv FILE [CONSTRAINTS]: makes $dir a virtual environment with FILE's packages.
python_venv() {
    local python=${PEERS_PYTHON:-python3}
    local arguments=(--requirement "$1")
    if (($# > 1)); then
        arguments+=(--constraint "$2")
    fi
    need "$python" "install Python 3.10 or newer, or name one in PEERS_PYTHON"
    "$python" -m venv "$dir" ||
        fail "$name: '$python -m venv' failed" "on Debian and Ubuntu: apt-get install python3-venv"
    "$dir/bin/python" -m pip install --quiet --no-input --disable-pip-version-check "${arguments[@]}" ||
        fail "$name: pip could not install what ${1#"$project/"} names" \
            "pip's own message above says why; it needs a Python package index, and packages for $("$python" --version)"
}
