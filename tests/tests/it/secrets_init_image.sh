#!/usr/bin/env bash
# Inside scripts/docker-engine: the secrets-init image built from nothing, run as Compose runs it.
#   $1 fetch-secrets   $2 busybox   $3 LocalStack's Python   $4 scratch folder
set -euo pipefail
tool=$1 busybox=$2 python=$3 scratch=$4

scripts/secrets-init-image >/dev/null
mkdir -p "$scratch/busybox/bin" && cp -L "$busybox" "$scratch/busybox/bin/busybox"
tar --create --directory "$scratch/busybox" . | docker import - busybox >/dev/null

docker network create platform >/dev/null
gateway=$(docker network inspect platform --format '{{(index .IPAM.Config 0).Gateway}}')
OVERRIDE_IN_DOCKER=0 FILESYSTEM_ROOT=$scratch/localstack DISABLE_EVENTS=1 SKIP_SSL_CERT_DOWNLOAD=1 \
    GATEWAY_LISTEN=0.0.0.0:4566 "$python" -m localstack.runtime.main >"$scratch/localstack.log" 2>&1 &
# The engine ends by itself; a program that this script starts beside it does not.
localstack=$!
trap 'kill -9 "$localstack"' EXIT
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
for _ in $(seq 300); do
    "$busybox" wget -q -O /dev/null http://127.0.0.1:4566/_localstack/health 2>/dev/null && break
    sleep 0.2
done
AWS_ENDPOINT_URL=http://127.0.0.1:4566 "$tool" seed --set "API_KEY=it's \`hard\` \$1" >/dev/null

# LocalStack under the name that Compose would give it: the image has to resolve it by itself.
docker run --detach --name localstack --network platform busybox \
    /bin/busybox nc -ll -p 4566 -e /bin/busybox nc "$gateway" 4566 >/dev/null
fetch() {
    docker run --rm --network platform --volume secrets:/secrets --env AWS_ACCESS_KEY_ID=test \
        --env AWS_SECRET_ACCESS_KEY=test --env AWS_ENDPOINT_URL="$1" rideshare/secrets-init "${@:2}"
}
echo '# fetch'
fetch http://localstack:4566
echo '# fetch again'
fetch http://localstack:4566
echo '# a service reads the file'
docker run --rm --volume secrets:/secrets:ro busybox \
    /bin/busybox sh -c 'set -a; . /secrets/core.env; echo "$API_KEY"'
echo '# docker run --env-file'
AWS_ENDPOINT_URL=http://127.0.0.1:4566 "$tool" print --profile core --format docker >"$scratch/env.list"
docker run --rm --env-file "$scratch/env.list" busybox /bin/busybox env | grep -c '=admin$\|^API_KEY='
docker run --rm --env-file "$scratch/env.list" busybox /bin/busybox env | grep '^API_KEY='
echo '# no such host'
fetch http://nowhere:4566 2>/dev/null || echo "status $?"
