# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# The parts of a node of kind that kind-cluster meets: Debian with its store of certificates, crictl, and the configuration that
# kind gives containerd. The node's containerd is that of the peer `kubernetes-server`.
version=0.33.0
crictl=1.37.0
packages="dash=0.5.12-2* coreutils=9.1* sed=4.9-1* grep=3.8* findutils=4.9.0* debianutils=5.7* tar=1.34* libc-bin=2.36* \
libc6=2.36* libselinux1=3.4* libpcre2-8-0=10.42* libacl1=2.3.1* libattr1=1:2.5.1* libgmp10=2:6.2.1* \
openssl=3.0.* libssl3=3.0.* ca-certificates=20230311* busybox-static=1:1.37.0*"
pins="sigs.k8s.io/kind $version sigs.k8s.io/cri-tools $crictl
$packages"

install_peer() {
    local unpacked root=$dir/root
    read -ra unpacked <<<"$packages"
    debian_unpack "$root" "${unpacked[@]}"
    rm -rf "$root/usr/share/doc" "$root/usr/share/locale" "$root/usr/share/man"
    # As the packages' scripts do it.
    (cd "$root/usr/share/ca-certificates" && find . -name '*.crt' -printf '%P\n' | sort) >"$root/etc/ca-certificates.conf"
    mkdir -p "$root/etc/ssl/certs" "$root/usr/local/share/ca-certificates" "$root/etc/containerd"
    ln -sf dash "$root/bin/sh"
    go_programs "v$crictl" '' sigs.k8s.io/cri-tools/cmd/crictl
    mv "$dir/bin/crictl" "$root/usr/bin/crictl"
    go_module_copy "v$version" sigs.k8s.io/kind
    cp "$dir/module/images/base/files/etc/containerd/config.toml" "$root/etc/containerd"
    cp "$dir/module/images/base/files/etc/crictl.yaml" "$root/etc"
    rm -rf "$dir/module"
    rmdir "$dir/bin"
}

print_env() {
    echo "PEER_KIND_NODE=$dir/root"
}
