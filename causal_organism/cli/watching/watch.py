"""`organism watch`: somebody who looks from outside, and tells people what is wrong and when it is over."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from causal_organism.cli.guards import changes
from causal_organism.cli.logs import set_up_logs
from causal_organism.cli.output import emit, json_option, say
from causal_organism.cli.watching.retaining import retain_when_due
from causal_organism.errors import FAILED, StoreError
from causal_organism.settings import Settings, load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from causal_organism.platform.watching.looks import Process
    from causal_organism.platform.watching.turn import TurnReport
    from causal_organism.ports.alerts import Outbox

DEADLINE_S = 10.0
"""What one answer of a server may take; one that takes longer is away."""

TURN_S = 120.0
"""One that is away is so for the rest of the look, however many others are."""

ALIVE_EVERY_S = 60.0
"""So often at least it says that it goes on; its supervisor and probes miss it after 180 s."""


@click.command()
@click.option("--once", is_flag=True, help="One look, as from cron; exit code 1 if an alert could not be delivered.")
@json_option
@changes()
def watch(once: bool, as_json: bool) -> None:
    """Look at servers, runs, assets, queues, clocks and disks, and tell people on every channel that is configured.

    Needs no server: that one is away is told too. Each fault is told once, and when it is over; what is on its way
    stands in `watch` in the home, and is tried again until it arrives. `organism alerts list` shows all of it.
    """
    tell = set_up_logs(load_settings())
    outboxes: dict[Path, Outbox] = {}
    while True:
        settings = load_settings()  # again at every look: servers of the home may have moved
        report = _turn(settings, outboxes)
        text = _text(report)
        if once:
            emit(report.to_document(), text.strip, as_json=as_json)
            if report.undelivered:
                raise click.exceptions.Exit(FAILED)
            return
        if report.told or report.sent:
            tell(text)
        retain_when_due(settings, datetime.now(UTC))
        for pause_s in pauses(settings.watch_seconds):
            note_alive(settings)
            time.sleep(pause_s)


def _turn(settings: Settings, outboxes: dict[Path, Outbox]) -> TurnReport:
    """`outboxes`: of the looks before; one may hold what found no room on the disk."""
    from causal_organism.platform.watching.turn import take_turn
    from causal_organism.wiring import OpenOrganism

    note_alive(settings)
    with OpenOrganism(settings, deadline_s=DEADLINE_S, silent_s=TURN_S) as o:
        o.outbox = outboxes.setdefault(settings.home, o.outbox)
        report = take_turn(o, processes=lambda: _processes(settings))
    if settings.watch_ping_url and not report.undelivered:
        from causal_organism.stores.notices.channels import ping

        try:
            ping(settings.watch_ping_url)
        except StoreError as error:
            say(error.message)
    return report


def pauses(seconds: float) -> Iterator[float]:
    """The wait for the next look in parts, before each of which the watcher says that it goes on: the whole may last
    longer than somebody who says nothing counts as alive."""
    whole, rest = divmod(seconds, ALIVE_EVERY_S)
    yield from (ALIVE_EVERY_S for _ in range(int(whole)))
    if rest:
        yield rest


def note_alive(settings: Settings) -> None:
    """By this file its supervisor and probes see that it goes on."""
    folder = settings.home / "watch"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "alive").touch()
    except OSError as error:
        say(f"{folder} cannot be written: {error.strerror}")


def _processes(settings: Settings) -> Sequence[Process]:
    """Those of the home's servers that it should run; none where it runs none."""
    from causal_organism.embedded.status import NOT_ANSWERING, look, needs_of, supervisor_silence
    from causal_organism.platform.watching.looks import Process

    found = [
        Process(
            each.name, each.product or each.name, each.state, each.healthy, each.error, needs_of(settings, each.name)
        )
        for each in look(settings)
        if each.healthy is not None and each.state not in ("stopped", "external", "not installed")
    ]
    if silence := supervisor_silence(settings):
        found.append(Process("supervisor", "organism up", NOT_ANSWERING, False, silence))
    return found


def _text(report: TurnReport) -> str:
    words: list[Any] = [f"{report.open} open", f"{report.told} told", f"{report.sent} sent"]
    if report.undelivered:
        words.append(f"{report.undelivered} on their way")
    if report.away:
        words.append(f"away: {', '.join(report.away)}")
    return ", ".join(words)
