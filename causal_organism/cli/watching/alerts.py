"""`organism alerts`: what is wrong, what is on its way to people, and the channels that it is told on."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from causal_organism.cli.guards import changes
from causal_organism.cli.output import emit, json_option, table
from causal_organism.documents.alerts import IncidentRow, IncidentsDocument
from causal_organism.errors import FAILED
from causal_organism.wiring import open_organism
from causal_organism.wording.amounts import long_age
from causal_organism.wording.safe_text import safe_text


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def alerts(context: click.Context, as_json: bool) -> None:
    """List what is wrong. One alert per fault and one when it is over: Slack, a webhook, e-mail, Sentry, Apprise."""
    if context.invoked_subcommand is None:
        context.invoke(list_, as_json=as_json)


@alerts.command("list")
@json_option
def list_(as_json: bool) -> None:
    """Show what is wrong, as `organism watch` sees it, and what is on its way to whom. Asks no server."""
    from causal_organism.platform.watching.listing import alerts_document

    document = alerts_document(open_organism())
    emit(document, lambda: listed(document, datetime.now(UTC)), as_json=as_json)


@alerts.command()
@click.argument("key")
@json_option
@changes()
def acknowledge(key: str, as_json: bool) -> None:
    """Say that somebody takes care of it; KEY stands in `organism alerts list`."""
    from causal_organism.platform.watching.listing import acknowledge_incident

    o = open_organism()
    document = acknowledge_incident(o, key, by=o.settings.actor)
    emit(document, lambda: listed(document, datetime.now(UTC)), as_json=as_json)


@alerts.command()
@click.argument("key")
@click.option("--hours", type=click.FloatRange(min=0.0, min_open=True), default=8.0, show_default=True)
@json_option
@changes()
def silence(key: str, hours: float, as_json: bool) -> None:
    """Tell nothing of it for some hours; if it is still wrong then, it is told again."""
    from causal_organism.platform.watching.listing import silence_incident

    document = silence_incident(open_organism(), key, hours=hours)
    emit(document, lambda: listed(document, datetime.now(UTC)), as_json=as_json)


@alerts.command()
@click.option("--channel", type=click.Choice(["slack", "sentry", "email", "webhook", "apprise"]), help="Only this one.")
@json_option
@changes()
def test(channel: str | None, as_json: bool) -> None:
    """Send a trial alert to every configured channel."""
    from causal_organism.platform.notices import try_channels

    with open_organism() as o:
        document = try_channels(o, channel, actor=o.settings.actor)
    rows = [(each["channel"], each["outcome"], each["error"] or "") for each in document["channels"]]
    emit(document, lambda: table(("CHANNEL", "OUTCOME", ""), rows), as_json=as_json)
    if any(each["outcome"] == "failed" for each in document["channels"]):
        raise click.exceptions.Exit(FAILED)


def listed(document: IncidentsDocument, now: datetime) -> str:
    rows = [
        (
            each["severity"],
            safe_text(each["key"]),
            long_age(each["since"], now),
            _state_text(each, document["looked_at"], now),
            safe_text(each["text"]),
        )
        for each in document["incidents"]
    ]
    waiting = [
        (each["channel"], safe_text(each["title"]), each["tries"], safe_text(each["error"] or ""))
        for each in document["deliveries"]
        if each["outcome"] != "sent"
    ]
    shown = table(("SEVERITY", "KEY", "SINCE", "", "WHAT"), rows)
    shown = f"{shown}\n\n{look_text(document, now)}" if shown else look_text(document, now)
    if waiting:
        shown += "\n\n" + table(("CHANNEL", "NOT DELIVERED YET", "TRIES", "WHY"), waiting)
    return shown


def _state_text(incident: IncidentRow, looked_at: str | None, now: datetime) -> str:
    """Whether people know of it; and where the last look saw it no more, since when, as it may be over."""
    told = "told" if incident["told_at"] else ""
    known = "silent" if incident["silent_until"] else incident["acknowledged_by"] or told
    is_seen = looked_at is None or incident["seen_at"] >= looked_at
    return ", ".join(filter(None, (known, "" if is_seen else f"not seen for {long_age(incident['seen_at'], now)}")))


def look_text(document: IncidentsDocument, now: datetime) -> str:
    """When it was so: what a watcher that is gone saw last is no news of now."""
    if document["looked_at"] is None:
        return "nobody has looked from this home yet: `organism watch` does, and is a part of `organism up`"
    when = long_age(document["looked_at"], now)
    if not document["watched"]:
        return f"nobody looks: `organism watch` did last {when} ago; `organism status` shows whether it runs"
    return f"looked {when} ago" if document["incidents"] else f"nothing is wrong, as far as was looked {when} ago"
