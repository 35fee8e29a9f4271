#!/bin/sh
# Makes the folder of an image with the parts of a Kind node that pull images: Debian with its certificates and crictl,
# kind's configuration of containerd, and a containerd.
#
#   kind-node.sh FOLDER KIND_NODE CONTAINERD
#
# KIND_NODE is the peer, CONTAINERD the folder of containerd and ctr.
set -eu
folder=$1 containerd=$3
cp -a "$2" "$folder"
mkdir -p "$folder/etc/kubernetes" "$folder/run" "$folder/tmp" "$folder/usr/local/bin" "$folder/var/local-path-provisioner"
for program in containerd ctr; do
    cp -L "$containerd/$program" "$folder/usr/local/bin"
    # Libraries that Debian's one needs besides libc.
    (ldd "$containerd/$program" 2>/dev/null || true) | sed -n 's|.*=> \(/[^ ]*\).*|\1|p' | while read -r library; do
        find "$folder/lib" "$folder/usr/lib" -name "${library##*/}" | grep -q . || cp -L "$library" "$folder/usr/lib"
    done
done
# No systemd: its only service is this one. It is there when containerd answers, as with Type=notify.
cat >"$folder/usr/local/bin/systemctl" <<'SYSTEMCTL'
#!/bin/sh
# systemctl start|restart containerd
set -eu
[ "$2" = containerd ]
if [ "$1" = restart ]; then
    kill "$(cat /run/containerd.pid)"
    while [ -e "/proc/$(cat /run/containerd.pid)" ]; do sleep 0.05; done
fi
containerd </dev/null >>/var/log/containerd.log 2>&1 &
echo $! >/run/containerd.pid
until ctr version >/dev/null 2>&1; do
    [ -e "/proc/$(cat /run/containerd.pid)" ]
    sleep 0.05
done
SYSTEMCTL
cat >"$folder/usr/local/bin/curl" <<'CURL'
#!/bin/sh
# curl ... --max-time 5 ADDRESS
for address in "$@"; do :; done
exec busybox timeout 5 busybox wget -q -O /dev/null "$address"
CURL
cat >"$folder/usr/local/bin/entrypoint" <<'ENTRYPOINT'
#!/bin/sh
set -eu
mkdir -p /var/log /var/lib /var/tmp
ctr oci spec >/etc/containerd/cri-base.json
update-ca-certificates >/dev/null
systemctl start containerd
touch /run/started
exec "$@"
ENTRYPOINT
chmod +x "$folder"/usr/local/bin/*
