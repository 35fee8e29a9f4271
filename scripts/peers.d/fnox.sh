# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# fnox: the tool that the benchmark of fetch-secrets compares with. It links libudev, whose headers a machine may lack.
version=1.42.0
headers='libudev-dev=252.*'
pins="fnox $version $headers"

install_peer() {
    local pkgconfig
    debian_unpack "$dir/root" "$headers" 'libudev1=252.*'
    pkgconfig=$(echo "$dir"/root/usr/lib/*-linux-gnu/pkgconfig)
    # The package's own link is one to the system's library.
    mkdir "$dir/lib"
    find "$dir/root" -name 'libudev.so.1*' -exec cp -a -t "$dir/lib" {} +
    ln -s libudev.so.1 "$dir/lib/libudev.so"
    export PKG_CONFIG_PATH=$pkgconfig LIBRARY_PATH=$dir/lib CPATH=$dir/root/usr/include
    cargo_tool
    rm -r "$dir/root"
}

print_env() {
    echo "PEER_FNOX=$dir/bin/fnox"
    echo "PEER_FNOX_LIBRARIES=$dir/lib"
}
