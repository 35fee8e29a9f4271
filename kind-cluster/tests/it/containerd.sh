#!/usr/bin/env bash
# Starts a containerd in the namespaces that the caller has made, and runs a command beside it.
#
#   containerd.sh PEER FOLDER COMMAND...
#
# PEER is the `kubernetes-server` peer, FOLDER takes what containerd writes.
set -euo pipefail

peer=$1 folder=$2
shift 2
# Its sockets are at places that no option moves.
mount --no-mtab -t tmpfs tmpfs /run
"$peer/root/usr/bin/busybox" ip link set lo up
cat >"$folder/containerd.toml" <<TOML
version = 3
root = "$folder/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime"]
TOML
PATH=$peer/bin:$peer/root/usr/sbin:$PATH containerd --config "$folder/containerd.toml" \
    </dev/null >"$folder/containerd.log" 2>&1 &
for _ in {1..300}; do
    ! "$peer/bin/ctr" version >/dev/null 2>&1 || exec "$@"
    sleep 0.1
done
tail -n 20 "$folder/containerd.log" >&2
exit 1
