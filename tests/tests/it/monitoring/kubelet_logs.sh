#!/usr/bin/env bash
# Inside scripts/kubernetes: a pod writes a line and a long one, and the kubelet's logs of it are kept.
#   $1 kubectl   $2 scratch folder
set -euo pipefail
kubectl=$1 scratch=$2

deadline=$((SECONDS + 60))
# await COMMAND...: until it succeeds.
await() {
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || { echo "this did not succeed in time: $*" >&2; exit 1; }
        sleep 0.2
    done
}

await "$kubectl" get serviceaccount default
# Escapes here are for the pod's shell.
"$kubectl" run trino --image=docker.io/library/busybox:1 --image-pull-policy=IfNotPresent --restart=Never --command -- \
    sh -c 'echo ready; head -c 40000 /dev/zero | tr "\0" x; echo; sleep 1000' >/dev/null
# shellcheck disable=SC2016 # for the shell that is started
await bash -c '[[ $(cat /var/log/pods/default_trino_*/trino/0.log | grep -c " F ") == 2 ]]'
mkdir -p "$scratch/node"
cp -rL /var/log/pods/default_trino_* "$scratch/node"
