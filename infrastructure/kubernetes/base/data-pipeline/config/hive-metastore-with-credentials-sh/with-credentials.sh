#!/usr/bin/env bash
# Runs the metastore's entrypoint with the user and the password of its database.
#
# Hadoop expands ${...} in every value of hive-site.xml, also in what an environment variable brings: the
# password `${user.name}` would become another one. A credential file's values are taken as they are, and
# in the URL, which Hive logs, the user is written in hexadecimal.
set -euo pipefail

: "${POSTGRES_METASTORE_USER:?is empty; the secret rideshare/postgres-metastore holds it}"
: "${POSTGRES_METASTORE_PASSWORD:?is empty; the secret rideshare/postgres-metastore holds it}"

# hive-site.xml names this file.
credentials=${RIDESHARE_CREDENTIALS:-/tmp/rideshare-metastore.jceks}

# Java takes its arguments for ASCII otherwise.
export LC_ALL=C.UTF-8
umask 077
# A container that is started again has it from before, and maybe an older password in it.
rm -f "$credentials" "$(dirname "$credentials")/.$(basename "$credentials").crc"
hadoop credential create javax.jdo.option.ConnectionPassword -value "$POSTGRES_METASTORE_PASSWORD" \
    -provider "localjceks://file$credentials" >/dev/null

user=$(printf '%s' "$POSTGRES_METASTORE_USER" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g')
separator='?'
[[ $METASTORE_DB_URL != *\?* ]] || separator='&'
export METASTORE_DB_URL="$METASTORE_DB_URL${separator}user=$user"
unset POSTGRES_METASTORE_USER POSTGRES_METASTORE_PASSWORD

exec "$@"
