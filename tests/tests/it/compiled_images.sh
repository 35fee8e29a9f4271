#!/usr/bin/env bash
# Inside scripts/docker-engine: the images that compile Rust, and openldap, built from the generated Compose file on
# stand-ins for their bases. The stand-in for cargo refuses a context that lacks a source.
#   $1 busybox   $2 scratch folder
# shellcheck disable=SC2016 # for the stand-ins
set -euo pipefail
busybox=$1 scratch=$2
dockerfiles=infrastructure/docker/dockerfiles
export COMPOSE_FILE=infrastructure/docker/compose.yaml COMPOSE_PROFILES='*' BUILDKIT_PROGRESS=plain
# Compose asks for values that these builds do not use.
export OSRM_MAP_URL=none OSRM_MAP_SHA256=none

# tool ROOT NAME: a program of a stand-in, from standard input.
tool() {
    rm -f "$1/bin/$2"
    { printf '#!/bin/sh\n' && cat; } >"$1/bin/$2"
    chmod +x "$1/bin/$2"
}

# root NAME: a folder with busybox and all its commands.
root() {
    local root=$scratch/$1 name
    mkdir -p "$root/bin" "$root/tmp" "$root/usr/bin" "$root/etc/ssl/certs"
    cp -L "$busybox" "$root/bin/busybox"
    for name in $("$busybox" --list | grep -vx busybox); do ln -s busybox "$root/bin/$name"; done
    ln -s /bin/env "$root/usr/bin/env"
    printf 'root:x:0:0::/:/bin/sh\nairflow:x:50000:0::/:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\n' >"$root/etc/group"
    printf '%s\n' "$root"
}

# stand_in ROOT IMAGE
stand_in() {
    tar --create --directory "$1" . | docker import --change 'ENV PATH=/bin' - "$2" >/dev/null
}

# pinned DOCKERFILE REPOSITORY: the image of that repository that a Dockerfile names.
pinned() {
    sed -n "s|^FROM \($2:[^ ]*\).*|\1|p" "$dockerfiles/$1/Dockerfile" | head -n 1
}

rust=$(root rust)
echo certificates >"$rust/etc/ssl/certs/ca-certificates.crt"
tool "$rust" apt-get <<<'[ "$1" = update ] || echo "installed: $*"'
# scripts/peers is a script of bash, which would fetch the library.
tool "$rust" bash <<<'echo "$@" >/peers'
tool "$rust" install <<'INSTALL'
[ "$1 $2" = "-D --target-directory" ] || exec busybox install "$@"
mkdir -p "$3" && folder=$3 && shift 3 && cp "$@" "$folder"
INSTALL
tool "$rust" cargo <<'CARGO'
case "$1 $*" in
    *export-dbt*) program=export-dbt && [ "$(cat /peers)" = "scripts/peers install duckdb" ] || exit 1 ;;
    rustc*fetch-secrets*+crt-static) program=fetch-secrets ;;
    *) echo "unknown: $*" >&2 && exit 1 ;;
esac
for source in Cargo.lock .cargo/config.toml common/src "$program/src" tests/Cargo.toml; do
    [ -e "$source" ] || { echo "no $source in the context" >&2 && exit 1; }
done
mkdir -p target/release
printf '#!/bin/sh\necho "%s, %s"\n' "$program" "$*" >"target/release/$program"
chmod +x "target/release/$program"
: >target/release/libduckdb.so
CARGO
stand_in "$rust" "$(pinned airflow rust)"
stand_in "$rust" "$(pinned secrets-init rust)"

airflow=$(root airflow)
mkdir -p "$airflow/opt/rideshare" "$airflow/opt/airflow"
tool "$airflow" python <<'PYTHON'
[ "$1 $2" = "-m venv" ] && mkdir -p "$3/bin" || exit 1
printf '#!/bin/sh\nfor last; do :; done\ngrep "^dbt-core" "$last" >&2 && echo "#!/bin/sh" >"%s/bin/dbt"\n' "$3" >"$3/bin/pip"
chmod +x "$3/bin/pip"
PYTHON
stand_in "$airflow" "apache/airflow:$(sed -n 's/^ARG AIRFLOW=//p' "$dockerfiles/airflow/Dockerfile")"

alpine=$(root alpine)
tool "$alpine" apk <<<'echo "$@" >/apk'
stand_in "$alpine" "$(pinned openldap alpine)"

docker compose build airflow-webserver secrets-init openldap >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }
echo '# airflow'
docker run --rm --entrypoint /bin/sh rideshare/airflow -c '
    export-dbt
    ls /opt/rideshare /opt/rideshare/bin /opt/rideshare/dbt /opt/airflow/dags
    stat -c "%U:%G %a %n" /opt/rideshare/dbt-data
    id -un'
echo '# secrets-init'
docker create --name files rideshare/secrets-init >/dev/null
docker export files | tar --list | grep -E '^(fetch-secrets|etc/ssl|infrastructure/platform/secrets)' | sort
echo '# openldap'
docker run --rm --entrypoint /bin/cat rideshare/openldap /apk
