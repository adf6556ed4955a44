"""What people ask of a list of runs, as words in a line: `state=failed since=24h actor=ana connection refused`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from causal_organism.assets.durations import parse_duration
from causal_organism.errors import RequestError

NAMES = ("state", "deployment", "asset", "since", "actor")
"""What may stand before a `=`; every other word is text."""

_WORD = re.compile(r"(\w+)=(\"[^\"]*\"|\S*)")
_QUOTED = re.compile(r"(?<![\w=])\"([^\"]*)\"")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsAsked:
    """What a list of runs is about; None and nothing leave out nothing. `deployment` may be `local`."""

    states: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None  # due or begun until then: a page further back
    deployment: str | None = None
    asset: str | None = None
    actor: str | None = None
    text: str | None = None  # somewhere in its id, what it is about, state, who asked, or why it failed


ALL = RunsAsked()


def parse_runs_asked(text: str, now: datetime, words: Mapping[str, tuple[str, ...]] | None = None) -> RunsAsked:
    """What a line asks for. `words`: states that stand for several, in lower case.

    Raises RequestError for a name that is none of these, and for a time that is none.
    """
    quoted = [part.strip() for part in _QUOTED.findall(text)]
    text = _QUOTED.sub(" ", text)
    given: dict[str, str] = {}
    states: list[str] = []
    for name, value in _WORD.findall(text):
        value = value.strip('"')
        if name not in NAMES:
            raise RequestError(
                f"runs have no {name!r} to ask for", hint=f"there are {', '.join(NAMES)}, and plain text"
            )
        if name == "state":
            states += [state for each in value.split(",") if each for state in (words or {}).get(each.lower(), (each,))]
        elif value:
            given[name] = value
    rest = " ".join([*quoted, *_WORD.sub(" ", text).split()])
    return RunsAsked(
        states=tuple(states),
        since=_moment(given["since"], now) if "since" in given else None,
        deployment=given.get("deployment"),
        asset=given.get("asset"),
        actor=given.get("actor"),
        text=rest or None,
    )


def line_of(asked: RunsAsked) -> str:
    """The line that asks for these, whatever page of them."""
    given = {
        "state": ",".join(asked.states),
        "deployment": asked.deployment,
        "asset": asked.asset,
        "since": asked.since and asked.since.isoformat(timespec="minutes"),
        "actor": asked.actor,
    }
    words = [f'{name}="{value}"' if " " in value else f"{name}={value}" for name, value in given.items() if value]
    text = (asked.text or "").replace('"', " ")
    return " ".join([*words, *([f'"{text}"' if "=" in text else text] if text else [])])


def _moment(text: str, now: datetime) -> datetime:
    """That long ago, or a moment; one without a zone is of UTC."""
    try:
        return now - parse_duration(text)
    except ValueError as error:
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise RequestError(f"{error}, or a moment like 2026-01-31T08:00") from None
        return at if at.tzinfo else at.replace(tzinfo=UTC)
