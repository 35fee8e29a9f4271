# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# cargo-cyclonedx: writes the bill of materials of a release.
version=0.5.9
pins="cargo-cyclonedx $version"

install_peer() {
    cargo_tool
}

print_env() {
    echo "PEER_CARGO_CYCLONEDX=$dir/bin/cargo-cyclonedx"
}
