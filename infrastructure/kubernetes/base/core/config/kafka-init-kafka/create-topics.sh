#!/usr/bin/env bash
# Makes the topics of topics.txt. Those that exist stay as they are.
set -euo pipefail
folder=$(dirname "${BASH_SOURCE[0]}")

grep -v '^#' "$folder/topics.txt" | while read -r topic partitions; do
    kafka-topics --bootstrap-server "$KAFKA_BOOTSTRAP_SERVERS" \
        --command-config "$folder/client.properties" \
        --create --if-not-exists --topic "$topic" --partitions "$partitions" \
        --replication-factor 1 </dev/null
done
