#!/bin/sh
# Work pool, queues, deployments, schedules and the automation for dead runs, on the Prefect server that
# PREFECT_API_URL names (or on that of `organism up`). Repeating it changes nothing.
#
#   deploy/deploy_prefect.sh            set up what is missing
#   deploy/deploy_prefect.sh update     also take back crons, queues and limits that were changed by hand
#   deploy/deploy_prefect.sh check      only say what is missing; exit code 1 if anything is
#   deploy/deploy_prefect.sh worker     run a worker of the pool here, in the foreground
#
#   --start      where no server is configured and none runs, start those of this machine first: `organism up`
#   --dry-run    say what would be done, and do nothing
#
# Other arguments go to the command. Settings come from the environment and from deploy/.env, where that exists (see
# deploy/env.example). deploy_prefect.bat does the same; tests/flows/test_deploy_scripts.py compares them.
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

action=setup
case ${1:-} in
'' | --*) ;;
*)
    action=$1
    shift
    ;;
esac

start=
dry_run=
for argument in "$@"; do
    shift
    case $argument in
    --start) start=yes ;;
    --dry-run) dry_run=yes ;;
    *) set -- "$@" "$argument" ;;
    esac
done

# 0: there is a server. `organism env` asks nobody, and fails where none is configured and none runs.
has_server() {
    [ -n "${PREFECT_API_URL:-}" ] || "$1" env 2>/dev/null | grep -q '^export PREFECT_API_URL='
}

start_server() {
    if [ -z "$start" ] || has_server "$1"; then
        return 0
    fi
    if [ -n "$dry_run" ]; then
        echo "would start the servers of this machine: organism up"
        exit 0
    fi
    "$1" up >&2
}

case $action in
setup | update | check)
    program=$(find_program organism)
    start_server "$program"
    if [ -n "$dry_run" ] && [ "$action" != check ]; then
        echo "would run: organism deploy $action; that is what 'organism deploy check' says now:"
        "$program" deploy check "$@" || [ $? -eq 1 ]
        exit
    fi
    exec "$program" deploy "$action" "$@"
    ;;
worker)
    name=$(uname -n)
    if [ -n "$dry_run" ]; then
        echo "would run: prefect worker start --pool default --type process --name $name --install-policy never $*"
        exit 0
    fi
    if [ -n "$start" ]; then
        start_server "$(find_program organism)"
    fi
    program=$(find_program prefect)
    exec "$program" worker start --pool default --type process --name "$name" --install-policy never "$@"
    ;;
*)
    echo "usage: deploy_prefect.sh [setup | update | check | worker] [--start] [--dry-run]" >&2
    exit 2
    ;;
esac
