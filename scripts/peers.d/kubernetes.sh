# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# kustomize, kubectl and kind.
version=1.32.3
pins="kind=0.27.0* kubectl=$version* kustomize=5.6.0*"

install_peer() {
    local packages
    read -ra packages <<<"$pins"
    debian_unpack "$dir/root" "${packages[@]}"
}

print_env() {
    echo "PEER_KIND=$dir/root/usr/bin/kind"
    echo "PEER_KUBECTL=$dir/root/usr/bin/kubectl"
    echo "PEER_KUSTOMIZE=$dir/root/usr/bin/kustomize"
}
