# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# A real Kubernetes: API server, controllers, scheduler and kubelet, compiled from Debian's source
# package (minutes), with the etcd, containerd, runc and CNI plugins that they need. It is an old
# release, the last one that Debian ships whole; what kind-cluster relies on has not changed since.
version=1.20.2
pins="etcd-server=3.4.23* containerd=1.6.20* runc=1.1.5* containernetworking-plugins=1.1.1* \
busybox-static=1:1.37.0*"
tools="golang-1.19-go=1.19.8* golang-1.19-src=1.19.8* golang-github-modern-go-reflect2-dev=1.0.2*"
source="kubernetes=1.20.5+really$version-*"
pins="$pins $tools $source"

install_peer() {
    local packages
    read -ra packages <<<"$pins"
    # The last one is the source.
    unset 'packages[-1]'
    debian_unpack "$dir/root" "${packages[@]}"
    build_kubernetes
    rm -rf "$dir/root/usr/share" "$dir"/root/usr/lib/go-*
}

# Compiles into $dir/bin.
build_kubernetes() {
    local build=$dir/build tree=$dir/build/gopath/src/k8s.io/kubernetes go=$dir/root/usr/lib/go-1.19
    need make "install GNU make"
    mkdir -p "$tree" "$build/tools"
    debian_source "$build" "$source"
    tar --extract --strip-components=1 --directory "$tree" --file "$build"/kubernetes_*.orig.tar.gz
    # The vendored version reads the maps of Go 1.18 and later wrong, and the API server dies of it.
    rm "$tree"/vendor/github.com/modern-go/reflect2/*.{go,s}
    cp "$dir"/root/usr/share/gocode/src/github.com/modern-go/reflect2/*.{go,s} \
        "$tree/vendor/github.com/modern-go/reflect2"
    # Its makefiles use rsync to copy one file into a folder, and nothing else.
    # shellcheck disable=SC2016 # for the new script
    printf '#!/bin/bash\nexec cp --preserve=mode "${@: -2}"\n' >"$build/tools/rsync"
    chmod +x "$build/tools/rsync"
    if ! env --unset=GOROOT HOME="$build" PATH="$build/tools:$go/bin:$PATH" \
        GOPATH="$build/gopath" GOCACHE="$build/cache" GO111MODULE=off GOFLAGS='' CGO_ENABLED=0 \
        KUBE_GIT_VERSION="v$version" KUBE_GIT_COMMIT=0 KUBE_GIT_TREE_STATE=clean \
        KUBE_GIT_MAJOR=1 KUBE_GIT_MINOR=20 \
        make --directory "$tree" WHAT='cmd/kube-apiserver cmd/kube-controller-manager cmd/kube-scheduler cmd/kubelet' \
        >"$build/log" 2>&1; then
        tail -n 20 "$build/log" >&2
        fail "$name: Kubernetes could not be compiled" "make's last lines are above"
    fi
    mkdir "$dir/bin"
    cp "$tree"/_output/bin/kube{-apiserver,-controller-manager,-scheduler,let} "$dir/bin"
    rm -rf "$build"
}

print_env() {
    echo "PEER_KUBERNETES=$dir"
}
