#!/bin/sh
# What the official image promises: NEO4J_AUTH sets the first password, and NEO4J_a_b__c is the setting a.b_c.
set -eu

if [ "$(id -u)" = 0 ]; then
    chown neo4j:neo4j /data
    exec setpriv --reuid=neo4j --regid=neo4j --init-groups "$0" "$@"
fi

if [ -n "${NEO4J_AUTH_FILE:-}" ]; then NEO4J_AUTH=$(cat "$NEO4J_AUTH_FILE"); fi
home=/var/lib/neo4j
mkdir -p "$home/conf" "$home/logs"
{
    echo "server.directories.data=/data"
    echo "server.default_listen_address=0.0.0.0"
    env | sed -n 's/^NEO4J_\([a-z][A-Za-z0-9_]*\)=/\1=/p' | while IFS='=' read -r name value; do
        printf '%s=%s\n' "$(printf %s "$name" | sed 's/__/\n/g; s/_/./g; s/\n/_/g')" "$value"
    done
} >"$home/conf/neo4j.conf"

export NEO4J_HOME="$home" NEO4J_CONF="$home/conf"
if [ ! -d /data/dbms ]; then
    # Its name of the user is always neo4j; by an argument, as the program takes it no other way.
    java -cp "/opt/neo4j/lib/*" org.neo4j.cli.AdminTool dbms set-initial-password "${NEO4J_AUTH#*/}" >/dev/null
fi
unset NEO4J_AUTH NEO4J_AUTH_FILE
exec java --add-opens=java.base/java.nio=ALL-UNNAMED --add-opens=java.base/java.io=ALL-UNNAMED \
    --add-opens=java.base/sun.nio.ch=ALL-UNNAMED --add-opens=java.base/java.util.concurrent=ALL-UNNAMED \
    -XX:+UseSerialGC -cp "/opt/neo4j/lib/*" org.neo4j.server.CommunityEntryPoint --home-dir="$home" --config-dir="$home/conf"
