# shellcheck shell=bash
# shellcheck disable=SC2154 # scripts/peers sets them
# Peers from the Python package index. uv installs them: it downloads side by side, links packages
# from one cache into every environment, and makes environments that may be moved.

# requirement_pins FILE...: the files' lines without comments.
requirement_pins() {
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@"
}

# uv ARGUMENT...: the uv peer, which is installed first where it is missing.
uv() {
    local index
    [[ -x $peers_dir/uv/bin/uv ]] || "$scripts/peers" install uv
    # uv does not read pip's configuration, where a machine names its package index.
    index=${UV_DEFAULT_INDEX:-${PIP_INDEX_URL:-$("$python" -m pip config get global.index-url 2>/dev/null || true)}}
    UV_DEFAULT_INDEX=$index UV_SYSTEM_CERTS=1 UV_NO_CONFIG=1 UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never \
        "$peers_dir/uv/bin/uv" --quiet "$@"
}

# python_venv FILE [CONSTRAINTS]: makes $dir a virtual environment with FILE's packages.
python_venv() {
    local arguments=(--requirement "$1")
    if (($# > 1)); then
        arguments+=(--constraint "$2")
    fi
    need "$python" "install Python 3.10 or newer, or name one in PEERS_PYTHON"
    uv venv --relocatable --allow-existing --python "$(command -v "$python")" "$dir"
    uv pip install --python "$dir/bin/python" "${arguments[@]}" ||
        fail "$name: uv could not install the packages in ${1#"$project/"}" \
            "uv's message is above; it needs a Python package index, and packages for $("$python" --version)"
}
