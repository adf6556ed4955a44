#!/bin/sh
# What the official image promises: an empty folder becomes a cluster with this superuser, password and database, and the
# scripts of /docker-entrypoint-initdb.d run once, on a server that listens on its socket alone.
set -eu

if [ "$(id -u)" = 0 ]; then
    chown postgres:postgres "$PGDATA"
    chmod 700 "$PGDATA"
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

sql() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --no-password "$@"; }

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    POSTGRES_USER=${POSTGRES_USER:-postgres} POSTGRES_DB=${POSTGRES_DB:-${POSTGRES_USER:-postgres}}
    export POSTGRES_USER POSTGRES_DB
    if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE"); fi
    secret=$(mktemp)
    printf '%s\n' "$POSTGRES_PASSWORD" >"$secret"
    initdb --username "$POSTGRES_USER" --pwfile "$secret" --auth-local trust --auth-host scram-sha-256 --encoding UTF8 >/dev/null
    rm "$secret"
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    pg_ctl --wait --options "-c listen_addresses=''" start >/dev/null
    if [ "$POSTGRES_DB" != postgres ]; then
        echo "CREATE DATABASE :\"name\"" | sql --dbname postgres --set "name=$POSTGRES_DB"
    fi
    for script in /docker-entrypoint-initdb.d/*; do
        case $script in
        # Such as cannot be executed are read into this shell, as there.
        *.sh) if [ -x "$script" ]; then "$script"; else . "$script"; fi ;;
        *.sql) sql --dbname "$POSTGRES_DB" --file "$script" ;;
        esac
    done
    pg_ctl --wait --mode fast stop >/dev/null
fi
exec "$@" -c "listen_addresses=*"
