# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# teller, which the guide of fetch-secrets compares with. Its build runs protoc, which a machine may lack.
version=2.0.7
protoc='protobuf-compiler=3.21.12-3* libprotoc32=3.21.12-3* libprotobuf32=3.21.12-3*'
pins="teller $version $protoc"

install_peer() {
    local packages
    read -ra packages <<<"$protoc"
    debian_unpack "$dir/root" "${packages[@]}"
    PROTOC=$dir/protoc
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' "$(echo "$dir"/root/usr/lib/*-linux-gnu)" "$dir/root/usr/bin/protoc" >"$PROTOC"
    chmod +x "$PROTOC"
    export PROTOC
    cargo_tool
    rm -r "$dir/root" "$PROTOC"
}

print_env() {
    echo "PEER_TELLER=$dir/bin/teller"
}
