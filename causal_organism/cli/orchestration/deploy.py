"""`organism deploy`."""

from __future__ import annotations

from pathlib import Path

import click

from causal_organism.cli.guards import changes
from causal_organism.cli.output import emit, json_option
from causal_organism.documents.workers import DeployCheckDocument
from causal_organism.errors import FAILED, RequestError
from causal_organism.wiring import OpenOrganism, open_organism
from causal_organism.wording.safe_text import safe_text


@click.command()
@click.argument("action", type=click.Choice(["setup", "update", "check", "roles"]), default="setup")
@click.option("--apply", is_flag=True, help="With roles: create them, as the owner of the database, or Redis' admin.")
@click.option("--of", "server", type=click.Choice(["sql", "redis", "cypher"]), default="sql", help="With roles: whose.")
@click.option(
    "--compose",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With check: the compose file whose images are looked at; unset: docker-compose.prefect.yml of this folder.",
)
@json_option
@changes(unless=lambda action, apply, **_: action == "check" or (action == "roles" and not apply))
def deploy(action: str, apply: bool, server: str, compose: Path | None, as_json: bool) -> None:
    """Set up pool, queues, deployments, schedules, the automation for dead runs, and the login of workers.

    setup makes what is missing or does not fit the installed code; update also takes back crons, queues and limits
    that were changed by hand; neither resumes what is paused. check says what is missing, which queue has no worker,
    which worker cannot import its assets or has other code, with exit code 1; and, which is no fault, which worker does
    not tell that, what was changed by hand and which images of the compose file have no digest.

    roles prints the roles and grants of PostgreSQL (reader, analyst, operator, approver, worker); --of redis the users
    of its ACL (ingest, reader, worker); --of cypher what Neo4j has of them.
    """
    if action == "roles":
        _roles(server, apply=apply, as_json=as_json)
        return
    from causal_organism.embedded.home import Home
    from causal_organism.embedded.worker_graph import ask_own_worker
    from causal_organism.platform.deploy import check_deployed, set_up

    with open_organism() as o:
        if action == "check":
            own_worker = ask_own_worker(Home(o.settings.home))
            found = check_deployed(o, own_worker=own_worker, unpinned=_unpinned(compose))
            emit(found, lambda: _check_text(found), as_json=as_json)
            if not found["ok"]:
                raise click.exceptions.Exit(FAILED)
            return
        made = _admit_workers(o)
        document = set_up(o, actor=o.settings.actor, reset=action == "update", made=made)
    emit(document, lambda: "\n".join(map(safe_text, document["changed"])) or "nothing to change", as_json=as_json)


def _admit_workers(o: OpenOrganism) -> tuple[str, ...]:
    """Where a password is set for them: what the tables' owner has to do before workers that are not the owner."""
    if o.settings.worker_password is None:
        return ()
    from causal_organism.stores.postgres.logins import DEPLOYED_WORKER, make_worker_login

    o.readings.setup()
    is_new = make_worker_login(o.database, DEPLOYED_WORKER, o.settings.worker_password)
    return (f"login {DEPLOYED_WORKER} created",) if is_new else ()


def _unpinned(compose: Path | None) -> tuple[str, ...]:
    from causal_organism.platform.images import COMPOSE, unpinned_images

    file = compose or Path(COMPOSE)
    return unpinned_images(file.read_text(encoding="utf-8")) if file.is_file() else ()


def _roles(server: str, *, apply: bool, as_json: bool) -> None:
    from causal_organism.stores.bolt.roles import roles_cypher
    from causal_organism.stores.postgres.roles import roles_sql
    from causal_organism.stores.redis.roles import acl_lines

    with open_organism() as o:
        lines = acl_lines(stream=o.settings.stream, dead_letters=o.settings.dead_letters)
        if apply:
            match server:
                case "sql":
                    o.database.run_script(roles_sql())
                case "redis":
                    o.stream.apply_roles()  # type: ignore[attr-defined]  # no other stream has roles
                case _:
                    raise RequestError("Cypher is run by its own tool", hint="deploy roles --of cypher | cypher-shell")
            subject = {"sql": "postgresql"}.get(server, server)
            o.ledger.audit(actor=o.settings.actor, action="deploy.roles", subject=subject, detail={}, at=o.now())
    texts = {"sql": roles_sql(), "redis": "\n".join(lines), "cypher": roles_cypher()}
    document = {"schema": "organism.roles/1", "applied": apply, **texts}
    emit(document, lambda: _DONE[server] if apply else texts[server].rstrip(), as_json=as_json)


_DONE = {
    "sql": "the roles and their grants are in place: GRANT organism_operator TO somebody",
    "redis": "the users are in place; who is new has no password yet: ACL SETUSER ingest '>…', then ACL SAVE",
}


def _check_text(document: DeployCheckDocument) -> str:
    lines = [f"not yet: {each}" for each in document["missing"]] + list(document["problems"])
    if not lines:
        lines = ["everything is deployed, and every queue has a worker"]
    lines += [f"not known: {each}" for each in document["unknown"]]
    lines += [f"changed by hand: {each}" for each in document["drift"]]
    lines += [f"{each} has no digest: deploy/pin_images.py writes it" for each in document["unpinned"]]
    return "\n".join(map(safe_text, lines))
