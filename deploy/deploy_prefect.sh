#!/bin/sh
# Work pool, queues, deployments, schedules and the automation for dead runs, on the Prefect server that
# PREFECT_API_URL names (or on that of `organism up`). Repeating it changes nothing.
#
#   deploy/deploy_prefect.sh            set up what is missing
#   deploy/deploy_prefect.sh update     also take back crons, queues and limits that were changed by hand
#   deploy/deploy_prefect.sh check      only say what is missing; exit code 1 if anything is
#   deploy/deploy_prefect.sh worker     run a worker of the pool here, in the foreground
#
# Settings come from the environment and from deploy/.env, where that exists (see deploy/env.example).
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(dirname -- "$here")

if [ -f "$here/.env" ]; then
    set -a
    # shellcheck disable=SC1091
    . "$here/.env"
    set +a
fi

find_program() {
    if [ -x "$root/.venv/bin/$1" ]; then
        printf '%s\n' "$root/.venv/bin/$1"
    elif command -v "$1" >/dev/null 2>&1; then
        command -v "$1"
    else
        echo "deploy_prefect.sh: there is no $1; run 'make setup', or install causal-organism[analysis]" >&2
        exit 3
    fi
}

action=${1:-setup}
[ $# -gt 0 ] && shift

case $action in
setup | update | check)
    program=$(find_program organism)
    exec "$program" deploy "$action" "$@"
    ;;
worker)
    program=$(find_program prefect)
    name=$(uname -n)
    exec "$program" worker start --pool default --type process --name "$name" --install-policy never "$@"
    ;;
*)
    echo "usage: deploy_prefect.sh [setup | update | check | worker]" >&2
    exit 2
    ;;
esac
