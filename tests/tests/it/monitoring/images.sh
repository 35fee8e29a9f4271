#!/usr/bin/env bash
# Inside scripts/docker-engine: builds the Dockerfiles of monitoring on stand-ins for their base images, which no registry
# is here to give, and starts the images as the generated Compose file does.
#   $1 busybox   $2 the real collector   $3 Compose file   $4 scratch folder
set -euo pipefail
busybox=$1 collector=$2 compose=$3 scratch=$4

# base IMAGE: the folder $scratch/IMAGE as an image.
base() {
    tar --create --directory "$scratch/$1" . | docker import --change 'ENV PATH=/bin:/usr/local/bin' - "$1" >/dev/null
}

# from DOCKERFILE NAME: the base image of that name which the Dockerfile pins.
from() {
    sed -n "s|^FROM \($2:[^ ]*\).*|\1|p" "$(dirname "$compose")/dockerfiles/$1/Dockerfile" | head -n 1
}

alpine_image=$(from otel-collector alpine)
alpine=$scratch/$alpine_image
mkdir -p "$alpine/bin" "$alpine/tmp" "$alpine/var"
cp -L "$busybox" "$alpine/bin/busybox"
for name in sh cat cp chmod chown id mkdir touch wget; do ln -s busybox "$alpine/bin/$name"; done
base "$alpine_image"

# Go's stand-in knows the two commands of the Dockerfile: it installs a builder that builds the real collector.
go_image=$(from otel-collector golang)
go=$scratch/$go_image
cp -r "$alpine" "$go"
mkdir -p "$go/usr/local/bin" "$go/build"
cp -L "$collector" "$go/usr/local/otel-collector"
cat >"$go/bin/go" <<'SCRIPT'
#!/bin/sh
[ "$1" = install ] || exit 1
printf '#!/bin/sh\n[ -f "$2" ] && mkdir out && cp /usr/local/otel-collector out/\n' >/bin/builder
chmod +x /bin/builder
SCRIPT
chmod +x "$go/bin/go"
base "$go_image"

tempo_image=$(from tempo grafana/tempo)
tempo=$scratch/$tempo_image
mkdir -p "$tempo"
# shellcheck disable=SC2016 # for the script
printf '#!/bin/sh\ntouch /var/tempo/file && echo "tempo $* as $(id -u)"\n' >"$tempo/tempo"
chmod +x "$tempo/tempo"
base "$tempo_image"

grafana_image=$(from grafana grafana/grafana)
grafana=$scratch/$grafana_image
mkdir -p "$(dirname "$grafana")" && cp -r "$alpine" "$grafana"
mkdir -p "$grafana/usr/share/grafana"
# grafana cli --pluginsDir FOLDER plugins install NAME VERSION
# shellcheck disable=SC2016 # for the script
printf '#!/bin/sh\nmkdir "$3/$6" && echo "$6 $7" >"$3/$6/version"\n' >"$grafana/bin/grafana"
chmod +x "$grafana/bin/grafana"
base "$grafana_image"

# The engine would make the folders of the host where they are missing, which is on this machine.
mkdir "$scratch/containers" "$scratch/state"
cat >"$scratch/override.yaml" <<OVERRIDE
services:
  log-collector:
    volumes: !override
      - $scratch/containers:/var/log/node:ro
      - $scratch/state:/var/lib/otelcol
      - $(dirname "$compose")/../config/log-collector:/etc/otelcol:ro
OVERRIDE
project=(docker compose --file "$compose" --file "$scratch/override.yaml" --profile monitoring)
"${project[@]}" build --quiet tempo grafana otel-collector log-collector >&2
"${project[@]}" run --rm --no-deps -T tempo 2>/dev/null
# shellcheck disable=SC2016 # for the container
"${project[@]}" run --rm --no-deps -T --entrypoint /bin/sh grafana \
    -c 'echo "grafana has $(cat "$GF_PATHS_PLUGINS"/*/version) and runs as $(id -u)"' 2>/dev/null
"${project[@]}" run --rm --no-deps -T otel-collector validate --config=/etc/otelcol/otel-collector.yaml >&2
"${project[@]}" run --rm --no-deps -T log-collector validate --config=/etc/otelcol/log-collector.yaml >&2
echo "both collectors accept their mounted configurations"
