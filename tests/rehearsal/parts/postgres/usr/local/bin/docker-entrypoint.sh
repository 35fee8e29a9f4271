#!/bin/bash
# In place of PostgreSQL's entrypoint: an empty folder becomes a database of POSTGRES_USER with the name POSTGRES_DB.
set -eu
as_postgres() { setpriv --reuid=999 --regid=999 --clear-groups "$@"; }
mkdir -p "$PGDATA" /var/run/postgresql
chown -R 999:999 "$PGDATA" /var/run/postgresql
chmod 700 "$PGDATA"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    (umask 077 && printf '%s\n' "$POSTGRES_PASSWORD" >/tmp/password)
    chown 999 /tmp/password
    as_postgres initdb --username="$POSTGRES_USER" --pwfile=/tmp/password --auth-local=trust \
        --auth-host=scram-sha-256 --pgdata="$PGDATA"
    rm /tmp/password
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    echo "CREATE DATABASE $POSTGRES_DB" |
        as_postgres postgres --single -D "$PGDATA" postgres
fi
exec setpriv --reuid=999 --regid=999 --clear-groups "$@" -c listen_addresses='*' -k /var/run/postgresql
