# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# act, which runs workflows of GitHub Actions on this machine.
version=0.2.89
pins="github.com/nektos/act v$version"

install_peer() {
    go_program
}

print_env() {
    echo "PEER_ACT=$dir/bin/act"
}
