#!/usr/bin/env bash
# Inside scripts/docker-engine: the images of the generated Compose file, built on stand-ins for the images that
# no registry is here to give. scripts/images says what is missing.
#   $1 busybox   $2 scratch folder
set -euo pipefail
busybox=$1 scratch=$2
dockerfiles=infrastructure/docker/dockerfiles
export COMPOSE_FILE=infrastructure/docker/compose.yaml BUILDKIT_PROGRESS=plain

# tool ROOT NAME: a program of a stand-in, from standard input.
tool() {
    { printf '#!/bin/sh\n' && cat; } >"$1/bin/$2"
    chmod +x "$1/bin/$2"
}

# stand_in DOCKERFILE REPOSITORY ROOT: ROOT as the image of that repository, with the tag that the Dockerfile pins.
stand_in() {
    local image
    image=$(grep -ho "FROM $2:[^ ]*" "$dockerfiles/$1/Dockerfile" | cut -d ' ' -f 2)
    tar --create --directory "$3" . | docker import --change 'ENV PATH=/bin' - "$image" >/dev/null
}

# root NAME: a folder with busybox and all its commands.
root() {
    local root=$scratch/$1 name
    mkdir -p "$root/bin" "$root/tmp"
    cp -L "$busybox" "$root/bin/busybox"
    for name in $("$busybox" --list | grep -vx busybox); do ln -s busybox "$root/bin/$name"; done
    printf '%s\n' "$root"
}

# stand_in_of_python: the base of the application's stand-ins, whose packages are not needed here.
stand_in_of_python() {
    local root image
    root=$(root python)
    tool "$root" apt-get <<<'exit 0'
    tool "$root" pip <<<'exit 0'
    image=$(sed -n 's/^FROM //p' tests/platform/stand-in/image/Dockerfile)
    tar --create --directory "$root" . | docker import --change 'ENV PATH=/bin' - "$image" >/dev/null
}

# fails COMMAND...: prints what the command says when it refuses.
fails() {
    if "$@" >"$scratch/log" 2>&1; then
        echo "accepted: $*"
    else
        grep -oE "(MAP_URL=|[^ ]*osm.pbf has|RELEASE[^ ]* is the commit).*" "$scratch/log" | grep -v '[$]' |
            sed "s,$gateway,gateway,; s/\",*$//" | sort -u
    fi
}

# The engine's side of the network in which builds run.
subnet=$(docker network inspect bridge --format '{{(index .IPAM.Config 0).Subnet}}')
gateway=${subnet%.*}.1
plain=$(root plain)
stand_in osrm alpine "$plain"
stand_in minio alpine "$plain"

golang=$(root golang)
# Busybox's shell knows of bash what the Dockerfile uses.
tool "$golang" bash <<<'exec busybox sh "$@"'
tool "$golang" git <<'GIT'
case $1 in
    rev-parse) cat /commit ;;
    checkout) echo AGPL >LICENSE ;;
esac
GIT
tool "$golang" go <<'GO'
while [ "$1" != -o ]; do shift; done
mkdir -p "${2%/*}"
printf '%s\n' "$@" >"$2"
GO
sed -n 's/^ARG MINIO_COMMIT=//p' "$dockerfiles/minio/Dockerfile" >"$golang/commit"
stand_in minio golang "$golang"

osrm=$(root osrm)
tool "$osrm" apt-get <<<'echo "$@" >>/apt-get'
stand_in osrm ghcr.io/project-osrm/osrm-backend "$osrm"

mkdir "$scratch/maps"
echo map >"$scratch/maps/city.osm.pbf"
"$busybox" httpd -f -p 0.0.0.0:8000 -h "$scratch/maps" &
# The engine ends by itself; a program that this script starts beside it does not.
httpd=$!
trap 'kill -9 "$httpd"' EXIT
OSRM_MAP_SHA256=$(sha256sum "$scratch/maps/city.osm.pbf" | cut -d ' ' -f 1)
export OSRM_MAP_SHA256 OSRM_MAP_URL=http://$gateway:8000/city.osm.pbf

scripts/images build osrm minio >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }
echo '# osrm has its map, and curl was asked for'
docker run --rm --entrypoint /bin/sh rideshare/osrm -c 'ls /data; cat /data/* /apt-get'
echo '# minio is of its release'
docker run --rm --entrypoint /bin/cat rideshare/minio /usr/bin/minio
docker run --rm --entrypoint /bin/cat rideshare/minio /usr/share/licenses/minio/LICENSE
echo '# another map'
OSRM_MAP_SHA256=0 fails docker compose build osrm
OSRM_MAP_URL=http://$gateway:8000/ fails docker compose build osrm
echo '# another commit'
fails docker compose build --build-arg MINIO_COMMIT=0 minio
echo '# missing'
unset OSRM_MAP_SHA256
APPLICATION_DIR=/nowhere scripts/images check frontend osrm 2>&1 || echo "status $?"
mkdir -p "$scratch/apps/services/frontend"
APPLICATION_DIR=$scratch/apps scripts/images check frontend && echo there
echo '# up asks only for images that are not there, and osrm has one'
APPLICATION_DIR=/nowhere scripts/images up core 2>&1 || echo "status $?"

echo '# up takes a stand-in for osrm where the application is one, too'
docker rmi --force rideshare/osrm >/dev/null
stand_in_of_python
(unset APPLICATION_DIR && scripts/images up core 2>&1 || true) | grep 'takes the place of osrm'
docker run --rm --entrypoint /bin/ls rideshare/osrm /usr/local/bin /data
