# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with scripts/peers
# MinIO, for the rehearsal of the platform. The module proxy has its later state, not the release that the platform's
# image is compiled from.
version=2026-02-12
pins="github.com/minio/minio v0.0.0-20260212201848-7aac2a2c5b7c"

install_peer() {
    go_program
}

print_env() {
    echo "PEER_MINIO=$dir/bin/minio"
}
