"""`organism access`: who else may use the servers of this home, and as what."""

from __future__ import annotations

import click

from causal_organism.cli.guards import changes
from causal_organism.cli.output import emit, json_option, say, table
from causal_organism.errors import RequestError
from causal_organism.wiring import open_organism

_ROLES = ("reader", "analyst", "operator", "approver")


@click.group()
def access() -> None:
    """Let other people of this machine use the home, each with a login of their own."""


@access.command()
@click.argument("user")
@click.option("--role", type=click.Choice(_ROLES), required=True, help="What they may do.")
@json_option
@changes()
def grant(user: str, role: str, as_json: bool) -> None:
    """Give an operating-system user a login on every server; again with another role, that one.

    From then on decisions about interventions need an approver, and who approved one does not start it.
    """
    from causal_organism.embedded.granting import grant as do_grant
    from causal_organism.embedded.people import Role

    with open_organism() as o:
        granted = do_grant(o.settings, o.database, user, Role(role))
        detail = {"role": role}
        o.ledger.audit(actor=o.settings.actor, action="access.grant", subject=user, detail=detail, at=o.now())
    if granted.needs_restart:
        say("nobody else could reach the ledger until now: organism down, then organism up")
    if granted.role is Role.OPERATOR:
        say(f"with Prefect's password {user} can have the home's worker run any program, as the user who owns the home")
    document = {
        "schema": "organism.access-grant/1", "user": user, "role": role, "dsn": granted.dsn,
        "needs_restart": granted.needs_restart,
    }  # fmt: skip
    line = f"""{user} is {role}. As {user}:\n  eval "$(ORGANISM_POSTGRES_DSN='{granted.dsn}' organism access env)\""""
    emit(document, lambda: line, as_json=as_json)


@access.command()
@click.argument("user")
@json_option
@changes()
def revoke(user: str, as_json: bool) -> None:
    """Take the login away again, and end what it does just now."""
    from causal_organism.embedded.granting import revoke as do_revoke

    with open_organism() as o:
        if not do_revoke(o.settings, o.database, user):
            raise RequestError(f"{user!r} has no access to this home", hint="organism access list")
        o.ledger.audit(actor=o.settings.actor, action="access.revoke", subject=user, detail={}, at=o.now())
    say("operators share the password of the Prefect server: remove secrets/orchestrator in the home to get a new one")
    emit(
        {"schema": "organism.access-revoke/1", "user": user}, lambda: f"{user} has no access any more", as_json=as_json
    )


@access.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List logins with their roles, as PostgreSQL knows them."""
    from causal_organism.stores.postgres.logins import list_logins

    with open_organism() as o:
        logins = list_logins(o.database)
    rows = [
        {"login": login, "roles": [each.removeprefix("organism_") for each in roles]} for login, roles in logins.items()
    ]
    shown = [(login, ", ".join(each.removeprefix("organism_") for each in roles)) for login, roles in logins.items()]
    document = {"schema": "organism.access/1", "logins": rows}
    emit(document, lambda: table(("LOGIN", "ROLES"), shown), as_json=as_json)


@access.command()
@json_option
def env(as_json: bool) -> None:
    """Print the variables of the servers for the login that asks, secrets included."""
    import shlex

    from causal_organism.stores.postgres.logins import own_settings

    with open_organism() as o:
        variables = {"ORGANISM_POSTGRES_DSN": o.settings.need("postgres_dsn"), **own_settings(o.database)}
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    emit({"schema": "organism.env/1", "environment": variables}, lambda: "\n".join(lines), as_json=as_json)
