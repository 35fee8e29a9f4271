# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# Prometheus, and promtool to check its configuration with, as of infrastructure/platform. Of its service
# discoveries only DNS, the only one that the platform uses: all of them would take four times as long.
version=3.16.0
pins="github.com/prometheus/prometheus v0.316.0 remove_all_sd,enable_dns_sd"

install_peer() {
    local module release tags
    read -r module release tags <<<"$pins"
    go_programs "$release" "$tags" "$module/cmd/promtool" "$module/cmd/prometheus"
}

print_env() {
    echo "PEER_PROMETHEUS=$dir/bin/prometheus"
    echo "PEER_PROMTOOL=$dir/bin/promtool"
}
