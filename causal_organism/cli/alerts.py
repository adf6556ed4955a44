"""`organism alerts`: the channels that failures are told on."""

from __future__ import annotations

import click

from causal_organism.cli.guards import changes
from causal_organism.cli.output import emit, json_option, table
from causal_organism.errors import FAILED
from causal_organism.wiring import open_organism


@click.group()
def alerts() -> None:
    """Alerts: one per failure, to Slack, a webhook, e-mail or Sentry."""


@alerts.command()
@click.option("--channel", type=click.Choice(["slack", "sentry", "email", "webhook"]), help="Only this one.")
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
