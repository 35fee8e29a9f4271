# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# chamber, which the guide of fetch-secrets compares with: the newest version that the module proxy has.
version=2.14.1
pins="github.com/segmentio/chamber/v2 v$version"

install_peer() {
    go_program
}

print_env() {
    echo "PEER_CHAMBER=$dir/bin/chamber"
}
