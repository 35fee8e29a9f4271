# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# The JSON schema of the Compose Specification, which the Go library of Docker Compose holds.
version=2.16.2
pins="compose-go $version"

install_peer() {
    go_module_copy "v$version" github.com/compose-spec/compose-go/v2
    cp "$dir/module/schema/compose-spec.json" "$dir/compose-spec.json"
    rm -r "$dir/module"
}

print_env() {
    echo "PEER_COMPOSE_SPEC=$dir/compose-spec.json"
}
