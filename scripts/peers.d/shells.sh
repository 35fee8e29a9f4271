# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# The shells that read what fetch-secrets writes. dash and bash are the machine's own where it has
# them; busybox is always the static one, which also makes container images from nothing.
version=1.37.0
busybox="busybox-static=1:$version*"
others='bash=5.2.15* dash=0.5.12-2*'
pins="$busybox $others"

install_peer() {
    local package shell wanted=("$busybox")
    for package in $others; do
        command -v "${package%%=*}" >/dev/null || wanted+=("$package")
    done
    debian_unpack "$dir/root" "${wanted[@]}"
    mkdir "$dir/bin"
    ln -s ../root/usr/bin/busybox "$dir/bin/busybox"
    for shell in bash dash; do
        if [[ -e $dir/root/bin/$shell ]]; then
            ln -s "../root/bin/$shell" "$dir/bin/$shell"
        else
            ln -s "$(command -v "$shell")" "$dir/bin/$shell"
        fi
    done
}

print_env() {
    echo "PEER_BASH=$dir/bin/bash"
    echo "PEER_BUSYBOX=$dir/bin/busybox"
    echo "PEER_DASH=$dir/bin/dash"
}
