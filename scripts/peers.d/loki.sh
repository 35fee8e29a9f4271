# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# Loki, for the rehearsal of the platform, as of infrastructure/platform.
version=3.7.8
pins="github.com/grafana/loki/v3 v$version"

install_peer() {
    local module release
    read -r module release <<<"$pins"
    go_module_copy "$release" "$module"
    # Built in its own module, whose replace directives it needs. A folder that one names is a module of the proxy's, too.
    sed -i '/ => \.\//d' "$dir/module/go.mod"
    if ! (cd "$dir/module" && go_tool build -trimpath -ldflags '-s -w' -o "$dir/bin/" ./cmd/loki) >"$dir/log" 2>&1; then
        tail -n 20 "$dir/log" >&2
        fail "$name: Go could not build $module $release" "Go's last lines are above; it needs the module proxy"
    fi
    rm -rf "$dir/module" "$dir/log"
}

print_env() {
    echo "PEER_LOKI=$dir/bin/loki"
}
