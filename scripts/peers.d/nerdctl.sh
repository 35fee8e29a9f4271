# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# nerdctl, the client of containerd. The containerd that it speaks to is that of the peer `kubernetes-server`.
version=2.2.1
pins="github.com/containerd/nerdctl/v2 v$version"

install_peer() {
    local module release
    read -r module release <<<"$pins"
    go_module_copy "$release" "$module"
    # Its tests need a module that the proxy does not have.
    sed -i '/nerdctl\/mod\/tigron/d' "$dir/module/go.mod"
    rm -r "$dir/module/pkg/testutil" "$dir/module/cmd/nerdctl/helpers/testing"*
    go_in_module ./cmd/nerdctl "-X $module/pkg/version.Version=$release"
}

print_env() {
    echo "PEER_NERDCTL=$dir/bin/nerdctl"
}
