#!/usr/bin/env bash
# Inside scripts/docker-engine: builds the images of hive-metastore and spark, with stand-ins for the images that no
# registry is here to give, and a Maven repository of this machine.
#   $1 busybox   $2 Maven repository   $3 folder of the build contexts   $4 scratch folder
#   $5 version of Hive's Hadoop   $6 version of Spark's Hadoop
set -euo pipefail
busybox=$1 repository=$2 contexts=$3 scratch=$4 hive_hadoop=$5 spark_hadoop=$6
export DOCKER_BUILDKIT=0

# import FOLDER: an image of the folder for each base image of the Dockerfile beside it.
import() {
    mkdir -p "$1/bin" "$1/tmp"
    cp -L "$busybox" "$1/bin/busybox"
    for tool in sh grep wget sha256sum ls head test cat; do ln -sf busybox "$1/bin/$tool"; done
    tar --create --directory "$1" . | docker import --change 'ENV PATH=/bin' - "$2" >/dev/null
}

base() {
    sed -n "s/^FROM \($1[^ ]*\).*/\1/p" "$contexts/$2/Dockerfile"
}

import "$scratch/alpine" "$(base alpine hive-metastore)"
mkdir -p "$scratch/hive/opt/hadoop/bin" "$scratch/hive/opt/hive/lib"
printf '#!/bin/sh\necho "Hadoop %s"\n' "$hive_hadoop" >"$scratch/hive/opt/hadoop/bin/hadoop"
chmod +x "$scratch/hive/opt/hadoop/bin/hadoop"
import "$scratch/hive" "$(base apache hive-metastore)"
mkdir -p "$scratch/spark/opt/spark/jars"
touch "$scratch/spark/opt/spark/jars/hadoop-client-api-$spark_hadoop.jar"
import "$scratch/spark" "$(base apache spark)"

# The engine's network is this script's, too.
"$busybox" httpd -f -p 127.0.0.1:18081 -h "$repository" &
server=$!
trap 'kill "$server"' EXIT

for name in hive-metastore spark; do
    if docker build --network host --build-arg MAVEN=http://127.0.0.1:18081 --tag "$name" "$contexts/$name" \
        >"$scratch/$name.log" 2>&1; then
        echo "$name is built"
        folder=/opt/${name%-metastore}
        [[ $name == spark ]] && folder=$folder/jars || folder=$folder/lib
        docker run --rm "$name" ls "$folder" | grep -v hadoop-client-api
    else
        echo "$name is refused"
        grep -E '^hadoop-aws is|FAILED' "$scratch/$name.log" || true
    fi
done
