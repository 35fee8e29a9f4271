#!/usr/bin/env bash
# Inside scripts/docker-engine: alert-log of the generated Compose file takes an alert, and the engine's log of it is kept.
#   $1 busybox   $2 Compose file   $3 scratch folder
set -euo pipefail
busybox=$1 compose=$2 scratch=$3

# A stand-in for the image that no registry is here to give.
root=$scratch/root
mkdir -p "$root/bin"
cp -L "$busybox" "$root/bin/busybox"
for name in sh httpd nc head tr wget; do ln -s busybox "$root/bin/$name"; done
tar --create --directory "$root" . | docker import --change 'ENV PATH=/bin' - busybox:1.37.0 >/dev/null

project=(docker compose --file "$compose" --profile monitoring)
"${project[@]}" up --detach --wait --no-deps alert-log >"$scratch/up.log" 2>&1 || {
    cat "$scratch/up.log" >&2
    "${project[@]}" logs >&2
    exit 1
}
# Longer than the engine's lines are.
alert="{\"status\":\"firing\",\"alerts\":[\"$(head -c 40000 /dev/zero | tr '\0' x)\"]}"
"${project[@]}" exec -T alert-log wget -q -O - --post-data "$alert" \
    http://127.0.0.1:9095/cgi-bin/alerts >&2

id=$("${project[@]}" ps --quiet alert-log)
log=$(docker inspect --format '{{.LogPath}}' "$id")
deadline=$((SECONDS + 30))
until grep -qF ']}\n"' "$log"; do
    ((SECONDS < deadline)) || { echo "the alert is not in $log" >&2; exit 1; }
    sleep 0.1
done
mkdir -p "$scratch/node/$id"
cp "$log" "$scratch/node/$id/"
chmod -R a+rX "$scratch/node"
