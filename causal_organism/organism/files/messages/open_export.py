"""Opens an export by its kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from causal_organism.organism.files.interactions import Read
from causal_organism.organism.files.messages.message import Tally
from causal_organism.organism.files.opening import FileOptions

SLACK, MBOX, ICS, TEAMS = "slack-export", "mbox", "ics", "teams-csv"
KINDS = (SLACK, MBOX, ICS, TEAMS)


def open_export(
    stack: ExitStack, kind: str, path: str | Path, tally: Tally, *, now_us: int, options: FileOptions
) -> Iterator[Read]:
    """The interactions of an export, by number of the message or line. What is open is closed with `stack`.

    Raises:
        RequestError: it cannot be read, or is not an export of this kind (`unknown-format`, `bad-header`).
    """
    match kind:
        case "slack-export":
            from causal_organism.organism.files.messages import slack

            return slack.read_export(stack, path, tally, now_us=now_us)
        case "mbox":
            from causal_organism.organism.files.messages import mbox  # email, 30 ms

            return mbox.read_mbox(stack, path, tally, now_us=now_us)
        case "ics":
            from causal_organism.organism.files.messages import calendars  # icalendar, 0.3 s

            return calendars.read_calendar(stack, path, tally, now_us=now_us, options=options)
        case _:
            from causal_organism.organism.files.messages import teams

            return teams.read_teams(stack, path, tally, now_us=now_us, options=options)
