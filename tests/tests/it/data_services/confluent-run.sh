#!/usr/bin/env bash
# In place of the Confluent image's /etc/confluent/docker/run: makes properties of the variables as that does,
# and becomes the broker.   $1 folder of the jars   $2 folder of the broker
set -euo pipefail
jars=$1 folder=$2
compgen -e KAFKA_ | grep -vE '^KAFKA_(HEAP_OPTS|OPTS)$' | while read -r name; do
    key=${name#KAFKA_}
    key=${key,,}
    printf '%s=%s\n' "${key//_/.}" "${!name}"
done >"$folder/server.properties"
java -cp "$jars/*" kafka.tools.StorageTool format --ignore-formatted \
    --cluster-id "$CLUSTER_ID" --config "$folder/server.properties"
# shellcheck disable=SC2086 # options, which the image splits, too
exec java $KAFKA_HEAP_OPTS $KAFKA_OPTS -cp "$jars/*" kafka.Kafka "$folder/server.properties"
