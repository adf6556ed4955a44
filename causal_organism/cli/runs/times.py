"""Times as people give them: how long ago, or a moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import click

from causal_organism.assets.durations import parse_duration

Since = timedelta | datetime


def since_option(about: str, *, default: str | None = None) -> Callable[[Any], Any]:
    """The option `--since`; a Since, or None where it is not given and has no default."""

    def read(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> Since | None:
        return None if text is None else _since(text)

    about = f"{about} 90s, 10m, 6h, 7d ago, or since a moment: 2026-01-31T08:00."
    return click.option("--since", metavar="TIME", default=default, show_default=True, callback=read, help=about)


def moment_of(since: Since, now: datetime) -> datetime:
    """When a Since was. A moment without a zone is one of this machine's."""
    return now - since if isinstance(since, timedelta) else since.astimezone(now.tzinfo)


def _since(text: str) -> Since:
    try:
        return parse_duration(text)
    except ValueError as error:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            raise click.BadParameter(f"{error}, or a moment like 2026-01-31T08:00") from None
