#!/bin/sh
# Makes the lake's buckets. Those that exist stay as they are.
set -eu

# mc keeps the login in its home folder; the URL form of it, MC_HOST_<alias>, would want the
# password percent-encoded.
export MC_CONFIG_DIR=/tmp/mc
mc alias set lake "$MINIO_URL" "$MINIO_ROOT_USER" "$MINIO_ROOT_PASSWORD" >/dev/null

for bucket in $BUCKETS; do
    mc mb --ignore-existing "lake/$bucket"
done
