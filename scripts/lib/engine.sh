#!/usr/bin/env bash
# The program that scripts/docker-engine starts inside the engine's namespaces: the Docker daemon.
#
#   engine.sh ROOT FOLDER CGROUP
#
# ROOT is the unpacked `docker` peer, FOLDER takes all that the engine writes, and CGROUP is the
# control group that its containers go below. DOCKER_ENGINE_FOLDERS is explained in scripts/docker-engine.
set -euo pipefail

root=$1 folder=$2 cgroup=$3
multiarch=$(echo "$root"/usr/lib/*-linux-gnu*)
multiarch=${multiarch##*/}

# The daemon and containerd also write below these, at places that no option moves; so do
# the folders of the machine that the Compose file mounts.
for place in etc opt run var/lib; do
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
if [[ -n ${DOCKER_ENGINE_FOLDERS:-} ]]; then
    # A runtime that adds the folders to each container before runc makes it.
    mounts='{"destination":"/host","type":"bind","source":"/","options":["bind","ro"]}'
    IFS=: read -ra visible <<<"$DOCKER_ENGINE_FOLDERS"
    for place in "${visible[@]}"; do
        mounts+=",{\"destination\":\"$place\",\"type\":\"bind\",\"source\":\"$place\",\"options\":[\"bind\",\"ro\"]}"
    done
    cat >"$folder/bin/runc-with-folders" <<RUNTIME
#!/bin/bash
words=("\$@")
for ((index = 0; index < \$#; index++)); do
    [[ \${words[index]} != --bundle ]] || sed -i 's|"mounts":\[|"mounts":[$mounts,|' "\${words[index + 1]}/config.json"
done
exec "$root/usr/sbin/runc" "\$@"
RUNTIME
    chmod +x "$folder/bin/runc-with-folders"
    printf '{"default-runtime":"folders","runtimes":{"folders":{"path":"%s"}}}' "$folder/bin/runc-with-folders" \
        >"$folder/daemon.json"
fi
# The place that the Compose file mounts, for the logs of containers.
mkdir -p "$folder/data" /var/lib/docker
mount --no-mtab --bind "$folder/data" /var/lib/docker
exec dockerd \
    --host "unix://$folder/docker.sock" --pidfile "$folder/docker.pid" \
    --data-root "$folder/data" --exec-root "$folder/exec" --config-file "$folder/daemon.json" \
    --storage-driver overlay2 \
    --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$cgroup" \
    --log-level warn
