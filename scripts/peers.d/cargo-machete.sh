# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# cargo-machete: finds dependencies that no source file names.
version=0.9.2
pins="cargo-machete $version"

install_peer() {
    cargo_tool
}

print_env() {
    echo "PEER_CARGO_MACHETE=$dir/bin/cargo-machete"
}
