# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# GNU time, for peak memory: a small parent, so that none of its own memory is counted in.
version=1.9
pins="time=$version*"

install_peer() {
    debian_unpack "$dir/root" "$pins"
}

print_env() {
    echo "PEER_TIME=$dir/root/usr/bin/time"
}
