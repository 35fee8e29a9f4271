# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# Loki, for the rehearsal of the platform, as of infrastructure/platform.
version=3.7.8
pins="github.com/grafana/loki/v3 v$version"

install_peer() {
    local module release
    read -r module release <<<"$pins"
    go_module_copy "$release" "$module"
    # A folder that a replace directive names is a module of the proxy's, too.
    sed -i '/ => \.\//d' "$dir/module/go.mod"
    go_in_module ./cmd/loki
}

print_env() {
    echo "PEER_LOKI=$dir/bin/loki"
}
