#!/usr/bin/env bash
# The program that scripts/docker-engine starts inside the engine's namespaces: the Docker daemon.
#
#   engine.sh ROOT FOLDER CGROUP
#
# ROOT is the unpacked `docker` peer, FOLDER takes all that the engine writes, and CGROUP is the
# control group that its containers go below.
set -euo pipefail

root=$1 folder=$2 cgroup=$3
multiarch=$(echo "$root"/usr/lib/*-linux-gnu*)
multiarch=${multiarch##*/}

# The daemon and containerd also write below these, at places that no option moves.
for place in etc opt run; do
    mkdir -p "$folder/system/$place/upper" "$folder/system/$place/work"
    mount --no-mtab -t overlay overlay "/$place" \
        -o "lowerdir=/$place,upperdir=$folder/system/$place/upper,workdir=$folder/system/$place/work"
done

export PATH=$folder/bin:$root/usr/bin:$root/usr/sbin:$PATH
export LD_LIBRARY_PATH=$root/usr/lib/$multiarch:$root/lib/$multiarch
export TMPDIR=$folder/tmp
export XTABLES_LIBDIR=$root/usr/lib/$multiarch/xtables

# The kernel has nf_tables, or only the older interface.
mkdir "$folder/bin" "$folder/tmp"
for kind in nft legacy; do
    ln -sf "$root/usr/sbin/xtables-$kind-multi" "$folder/bin/iptables"
    ln -sf "$root/usr/sbin/xtables-$kind-multi" "$folder/bin/ip6tables"
    ! iptables --table nat --list-rules >/dev/null 2>&1 || break
done

busybox ip link set lo up
echo '{}' >"$folder/daemon.json"
exec dockerd \
    --host "unix://$folder/docker.sock" --pidfile "$folder/docker.pid" \
    --data-root "$folder/data" --exec-root "$folder/exec" --config-file "$folder/daemon.json" \
    --storage-driver overlay2 \
    --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$cgroup" \
    --log-level warn
