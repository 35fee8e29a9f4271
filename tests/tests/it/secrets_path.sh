#!/usr/bin/env bash
# Inside scripts/docker-engine: the generated Compose file's way to its secrets, with a real engine.
#   $1 busybox   $2 LocalStack's Python   $3 Compose file   $4 scratch folder
# shellcheck disable=SC2016 # the stand-ins expand what is written here
set -euo pipefail
busybox=$1 python=$2 compose=$3 scratch=$4

scripts/secrets-init-image >/dev/null

# Stand-ins for images that no registry is here to give: the generated file runs unchanged on them.
root=$scratch/root
mkdir -p "$root/bin" "$root/tmp"
cp -L "$busybox" "$root/bin/busybox"
for name in sh nc wget env sleep grep cat; do ln -s busybox "$root/bin/$name"; done
printf '#!/bin/sh\nfor url; do :; done\nexec wget -q -O - "$url"\n' >"$root/bin/curl"
printf '#!/bin/sh\n[ -z "$REDISCLI_AUTH" ] || echo PONG\n' >"$root/bin/redis-cli"
cat >"$root/bin/docker-entrypoint.sh" <<'SCRIPT'
#!/bin/sh
[ "$1" = redis-server ] || exec "$@"
printf 'environment: %s\nargument: %s\n' "$REDIS_PASSWORD" "$5"
[ -z "${KAFKA_SASL_PASSWORD:-}" ] || echo 'a secret of another service'
exec sleep 1000
SCRIPT
chmod +x "$root"/bin/curl "$root"/bin/redis-cli "$root"/bin/docker-entrypoint.sh
tar --create --directory "$root" . | docker import --change 'ENV PATH=/bin' - redis:8.8.3-alpine >/dev/null
tar --create --directory "$root" . | docker import --change 'ENV PATH=/bin' \
    --change 'CMD ["/bin/sh", "-c", "exec nc -ll -p 4566 -e nc engine 14566"]' - localstack/localstack:4.12.0 >/dev/null

OVERRIDE_IN_DOCKER=0 FILESYSTEM_ROOT=$scratch/localstack DISABLE_EVENTS=1 SKIP_SSL_CERT_DOWNLOAD=1 \
    GATEWAY_LISTEN=0.0.0.0:14566 "$python" -m localstack.runtime.main >"$scratch/localstack.log" 2>&1 &
# The engine ends by itself; a program that this script starts beside it does not.
localstack=$!
trap 'kill -9 "$localstack"' EXIT
for _ in $(seq 300); do
    "$busybox" wget -q -O /dev/null http://127.0.0.1:14566/_localstack/health 2>/dev/null && break
    sleep 0.2
done

# The one thing that a stand-in needs, and a value that quoting could break.
cat >"$scratch/override.yaml" <<'OVERRIDE'
services:
  localstack:
    extra_hosts: ["engine:host-gateway"]
  secrets-seed:
    environment:
      OVERRIDE_REDIS_PASSWORD: "it's `hard` $$1 $$(id) $${HOME} \\ \"q\" #"
OVERRIDE
project=(docker compose --file "$compose" --file "$scratch/override.yaml" --profile core)
"${project[@]}" up --detach --wait redis >"$scratch/up.log" 2>&1 || { cat "$scratch/up.log" >&2; "${project[@]}" logs >&2; exit 1; }

echo '# the service'
"${project[@]}" logs --no-log-prefix redis
echo '# the order'
for service in localstack secrets-seed secrets-init redis; do
    id=$("${project[@]}" ps --all --quiet "$service")
    docker inspect --format '{{.State.StartedAt}} {{index .Config.Labels "com.docker.compose.service"}} {{.State.Status}} {{.State.ExitCode}}' "$id"
done | sort | cut -d ' ' -f 2-
