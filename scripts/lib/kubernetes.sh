#!/usr/bin/env bash
# The programs that scripts/kubernetes starts inside the cluster's namespaces: the cluster, then the command.
#
#   kubernetes.sh PEER FOLDER COMMAND...
#
# PEER is the `kubernetes-server` peer, FOLDER takes all that the cluster writes.
set -euo pipefail

peer=$1 folder=$2
shift 2
path=$PATH
export PATH=$peer/bin:$peer/root/usr/bin:$peer/root/usr/sbin:$PATH
node=rideshare-local-control-plane
address=10.99.0.1
volumes=/tmp/hostpath_pv
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# shellcheck source=scripts/lib/report.sh
. "$project/scripts/lib/report.sh"

# Starts a part of the cluster in the background.
start() {
    "$@" </dev/null >"$folder/${1##*/}.log" 2>&1 &
}

# Waits until a command succeeds.
await() {
    local part=$1
    shift
    until "$@" >/dev/null 2>&1; do
        if ((SECONDS >= ${KUBERNETES_TIMEOUT:-120})); then
            tail -n 5 "$folder"/*.log >&2
            fail "$part was not ready in time" "the last lines of every part's log are above"
        fi
        sleep 0.2
    done
}

# One request to the API server; the certificate is its own.
api() {
    wget --quiet --output-document - --no-check-certificate --header "authorization: Bearer $token" \
        "${@:2}" "https://127.0.0.1:6443$1"
}

# shellcheck disable=SC2329 # await calls it
is_ready() {
    api "/api/v1/nodes/$node" | grep -q '"reason": *"KubeletReady"'
}

# An image in Docker's format: busybox, and what starts.
image() {
    local name=$1 layer
    layer=$folder/image/layer.tar
    mkdir -p "$folder/image/files/bin" "$folder/image/files/tmp" "$folder/image/files/etc"
    cp "$peer/root/usr/bin/busybox" "$folder/image/files/bin"
    "$peer/root/usr/bin/busybox" --install -s "$folder/image/files/bin" 2>/dev/null
    find "$folder/image/files/bin" -type l -exec ln -sfn busybox {} \;
    echo 'root:x:0:0:root:/:/bin/sh' >"$folder/image/files/etc/passwd"
    tar --create --file "$layer" --directory "$folder/image/files" .
    printf '{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":["sleep","1000000"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
        "$(sha256sum "$layer" | cut -d ' ' -f 1)" >"$folder/image/config.json"
    printf '[{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar"]}]' "$name" \
        >"$folder/image/manifest.json"
    tar --create --directory "$folder/image" config.json manifest.json layer.tar |
        ctr --address "$folder/containerd.sock" --namespace k8s.io images import - >/dev/null
    rm -rf "$folder/image"
}

# Parts of the cluster also write to places that no option moves.
mount --no-mtab -t tmpfs tmpfs /run
mkdir -p "$folder/log" "$folder/volumes" "$volumes" "$folder/cni"
mount --no-mtab --bind "$folder/log" /var/log
mount --no-mtab --bind "$folder/volumes" "$volumes"
busybox ip link set lo up
busybox ip link add cluster0 type bridge
busybox ip address add "$address/16" dev cluster0
busybox ip link set cluster0 up

token=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')
echo "$token,admin,admin,system:masters" >"$folder/tokens.csv"
openssl genrsa -out "$folder/accounts.key" 2048 2>/dev/null
openssl rsa -in "$folder/accounts.key" -pubout -out "$folder/accounts.pub" 2>/dev/null
cat >"$folder/kubeconfig" <<YAML
apiVersion: v1
kind: Config
current-context: kind-rideshare-local
clusters: [{name: kind-rideshare-local, cluster: {server: "https://127.0.0.1:6443", insecure-skip-tls-verify: true}}]
users: [{name: kind-rideshare-local, user: {token: $token}}]
contexts: [{name: kind-rideshare-local, context: {cluster: kind-rideshare-local, user: kind-rideshare-local}}]
YAML
cat >"$folder/containerd.toml" <<TOML
version = 3
root = "$folder/containerd"
state = "/run/containerd"
[grpc]
  address = "$folder/containerd.sock"
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "cluster.local/pause:1"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["$peer/root/usr/lib/cni"]
    conf_dir = "$folder/cni"
TOML
cat >"$folder/cni/bridge.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "bridge", "bridge": "pods0", "isGateway": true,
 "ipam": {"type": "host-local", "dataDir": "$folder/addresses", "ranges": [[{"subnet": "10.244.0.0/24"}]],
          "routes": [{"dst": "0.0.0.0/0"}]}}]}
JSON
# The limits of a machine's own control groups are nothing that a cluster for tests may change.
cat >"$folder/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
cgroupDriver: cgroupfs
cgroupRoot: /${folder##*/}
cgroupsPerQOS: true
enforceNodeAllocatable: []
failSwapOn: false
clusterDNS: [10.96.0.10]
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
makeIPTablesUtilChains: false
evictionHard: {memory.available: "1Mi"}
imageGCHighThresholdPercent: 100
localStorageCapacityIsolation: false
containerRuntimeEndpoint: unix://$folder/containerd.sock
failCgroupV1: false
YAML

# The kubelet wants the control group that its pods go below; scripts/kubernetes removes it.
if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
    mkdir "/sys/fs/cgroup/${folder##*/}"
else
    for controller in /sys/fs/cgroup/*/cgroup.procs; do
        mkdir "${controller%/*}/${folder##*/}"
    done
fi
start etcd --data-dir "$folder/etcd" --unsafe-no-fsync --auto-compaction-retention 0
start containerd --config "$folder/containerd.toml"
start kube-apiserver --etcd-servers http://127.0.0.1:2379 --cert-dir "$folder/certificates" \
    --advertise-address "$address" --token-auth-file "$folder/tokens.csv" \
    --authorization-mode RBAC --allow-privileged --kubelet-preferred-address-types InternalIP \
    --service-cluster-ip-range 10.96.0.0/16 \
    --service-account-issuer https://kubernetes.default.svc \
    --service-account-key-file "$folder/accounts.pub" \
    --service-account-signing-key-file "$folder/accounts.key"
await "the API server" api /readyz
start kube-controller-manager --kubeconfig "$folder/kubeconfig" --leader-elect=false \
    --service-account-private-key-file "$folder/accounts.key" --use-service-account-credentials \
    --root-ca-file "$folder/certificates/apiserver.crt" --enable-hostpath-provisioner
start kube-scheduler --kubeconfig "$folder/kubeconfig" --leader-elect=false
image cluster.local/pause:1
image docker.io/library/busybox:1
start kubelet --config "$folder/kubelet.yaml" --kubeconfig "$folder/kubeconfig" \
    --hostname-override "$node" --node-ip "$address" --root-dir "$folder/kubelet"
api /apis/storage.k8s.io/v1/storageclasses --header 'content-type: application/json' \
    --post-data '{"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
        "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "kubernetes.io/host-path", "volumeBindingMode": "WaitForFirstConsumer"}' >/dev/null
await "the node" is_ready

export KUBECONFIG=$folder/kubeconfig PATH=$path
status=0
"$@" || status=$?
exit "$status"
