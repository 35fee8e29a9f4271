#!/bin/sh
# Makes the lake's buckets. Existing buckets stay as they are.
set -eu
export LC_ALL=C

refuse() {
    printf '%s: %s; change it in the secret rideshare/minio\n' "$1" "$2" >&2
    exit 1
}

# The name stands in each request's Authorization header, where these have a meaning. Java's S3 clients take outer
# blanks off both, and would sign with another password.
case $MINIO_ROOT_USER in
    *[!A-Za-z0-9._~@+:!*\(\)-]*) refuse MINIO_ROOT_USER 'has a character other than letters, digits and . _ ~ @ + : ! * ( ) -' ;;
esac
case $MINIO_ROOT_PASSWORD in
    [[:space:]]* | *[[:space:]]) refuse MINIO_ROOT_PASSWORD 'begins or ends with a blank' ;;
esac

# mc keeps the login in its home folder; the URL form of it, MC_HOST_<alias>, would want the
# password percent-encoded. After -- nothing is an option.
export MC_CONFIG_DIR=/tmp/mc
mc alias set -- lake "$MINIO_URL" "$MINIO_ROOT_USER" "$MINIO_ROOT_PASSWORD" >/dev/null

for bucket in $BUCKETS; do
    mc mb --ignore-existing "lake/$bucket"
done
