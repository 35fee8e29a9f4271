# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# The controller of External Secrets, with its provider of AWS alone: the others would triple the build. Version 1 keeps
# its providers in modules that the proxy does not have.
version=0.20.4
pins="github.com/external-secrets/external-secrets v$version"

install_peer() {
    local module release
    read -r module release <<<"$pins"
    go_module_copy "$release" "$module"
    printf 'package register\n\nimport _ "%s/pkg/provider/aws"\n' "$module" >"$dir/module/pkg/provider/register/register.go"
    cp "$dir/module/deploy/crds/bundle.yaml" "$dir/crds.yaml"
    if ! (cd "$dir/module" && go_tool build -trimpath -ldflags '-s -w' -o "$dir/bin/" .) >"$dir/log" 2>&1; then
        tail -n 20 "$dir/log" >&2
        fail "$name: Go could not build $module $release" "Go's last lines are above; it needs the module proxy"
    fi
    rm -rf "$dir/module" "$dir/log"
}

print_env() {
    echo "PEER_EXTERNAL_SECRETS=$dir/bin/external-secrets"
    echo "PEER_EXTERNAL_SECRETS_DEFINITIONS=$dir/crds.yaml"
}
