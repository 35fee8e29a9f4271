# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# Alertmanager, and amtool to check its configuration with, as of infrastructure/platform. Without its pages,
# which npm would have to build.
version=0.35.0
pins="github.com/prometheus/alertmanager v$version"

install_peer() {
    local module release
    read -r module release <<<"$pins"
    go_module_copy "$release" "$module"
    mkdir -p "$dir/module/ui/app/dist"
    # It embeds this folder, and Go refuses one without a file.
    touch "$dir/module/ui/app/dist/none"
    go_programs "$release" '' "$module/cmd/amtool" "$module/cmd/alertmanager"
}

print_env() {
    echo "PEER_ALERTMANAGER=$dir/bin/alertmanager"
    echo "PEER_AMTOOL=$dir/bin/amtool"
}
