# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# Docker's registry, in the version of the image that kind-cluster takes for its caches by default.
version=3.0.0
pins="github.com/distribution/distribution/v3/cmd/registry v$version"

install_peer() {
    go_program
}

print_env() {
    echo "PEER_REGISTRY=$dir/bin/registry"
}
