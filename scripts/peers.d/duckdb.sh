# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# DuckDB's library, ready-made, which export-dbt is linked with. .cargo/config.toml points cargo at it.
#
# It comes from the Python package, whose one shared library has the whole C API, with the extensions
# core_functions, icu, json and parquet. A DUCKDB_LIB_DIR that is set is used instead.
requirements=$scripts/requirements/duckdb.txt
version=$(sed -n 's/^duckdb==\([^ ]*\).*/\1/p' "$requirements")
pins="$(requirement_pins "$requirements") ${DUCKDB_LIB_DIR:-}"

install_peer() {
    local library=$dir/libduckdb.so found
    need "$python" "install Python 3.10 or newer, or name one in PEERS_PYTHON"
    if [[ -n ${DUCKDB_LIB_DIR:-} ]]; then
        ln -s "$(realpath "$DUCKDB_LIB_DIR")/libduckdb.so" "$library"
    else
        uv pip install --target "$dir/package" --python "$(command -v "$python")" --no-deps \
            --python-version 3.11 --python-platform "$(uname -m)-manylinux_2_28" \
            --only-binary :all: --require-hashes --requirement "$requirements" ||
            fail "$name: uv could not fetch the library" \
                "set DUCKDB_LIB_DIR to a folder with libduckdb.so of DuckDB $version, or compile it: cargo build -p export-dbt --features bundled"
        "$python" "$scripts/lib/weak_python_symbols.py" "$dir"/package/_duckdb*.so "$library"
        rm -r "$dir/package"
    fi
    found=$("$python" -c 'import ctypes, sys
version = ctypes.CDLL(sys.argv[1]).duckdb_library_version
version.restype = ctypes.c_char_p
print(version().decode().lstrip("v"))' "$library") ||
        fail "$name: $library is no DuckDB library" "set DUCKDB_LIB_DIR to a folder that holds one, or unset it"
    [[ $found == "$version" ]] ||
        fail "$name: $library is DuckDB $found, and the crate duckdb in Cargo.toml wants $version" \
            "set DUCKDB_LIB_DIR to a folder with that version, or unset it"
}

print_env() {
    echo "PEER_DUCKDB=$dir/libduckdb.so"
}
