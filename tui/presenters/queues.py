"""Queues and the interaction stream, from the document `queues`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from causal_organism.wording.amounts import age, count, moment, short_duration
from causal_organism.wording.identities import short_id
from causal_organism.wording.run_causes import run_name
from causal_organism.wording.safe_text import safe_name, safe_text
from tui.presenters.drawing import columns
from tui.presenters.lines import EMPTY, Line, fit_left, heading, line, plain, word
from tui.presenters.rows import Column, Row
from tui.presenters.words import Document, state_word, tone_of
from tui.states import FAIL, OK, PAUSED, QUE, STALE, UNFINISHED, WAIT

COLUMNS = (
    Column(name="QUEUE", share=1),
    Column(name="POOL", width=12, from_width=60),
    Column(name="STATE", width=6, state=True),
    Column(name="DEPTH", width=6, right=True),
    Column(name="RUN/LIM", width=8, right=True),
    Column(name="LATE", width=5, right=True),
    Column(name="OLDEST", width=7, right=True),
    Column(name="RUNS/H", width=6, right=True, from_width=90),
    Column(name="DEPTH SEEN", share=2, from_width=90, tone="accent"),  # the answers so far, the newest last
)


_TREND, _HOUR = 20, timedelta(hours=1)
Depths = Mapping[str, Sequence[float | None]]
"""Key of a queue -> how deep it was in the answers so far, the newest last."""


def queue_rows(
    document: Document | None, *, depths: Depths | None = None, hourly: Mapping[str, str] | None = None
) -> tuple[Row, ...]:
    """A row per work queue; the key is `pool/name`. `hourly`: name -> how many of its runs began within an hour."""
    return tuple(_row(queue, depths or {}, hourly or {}) for queue in (document or {}).get("queues", ()))


def hourly_runs(runs: Document | None, now: datetime, queues: Iterable[str]) -> dict[str, str]:
    """Queue -> runs of it that began within an hour; `9+`, and `?` of none, where those that are known, the newest, do
    not reach back so far.
    """
    if runs is None:
        return {}
    began = [(run.get("queue"), moment(run.get("started_at"))) for run in runs.get("runs", ())]
    known = [at for _, at in began if at is not None]
    is_whole = not runs.get("until") or (known and now - min(known) >= _HOUR)
    found = Counter(name for name, at in began if name and at is not None and now - at <= _HOUR)
    if is_whole:
        return {name: str(found[name]) for name in queues}
    return {name: f"{found[name]}+" if found[name] else "?" for name in queues}


def queue_word(queue: Document) -> str:
    """PAUSED, FAIL without a worker, WAIT where runs wait and all slots are taken, QUE where runs wait, else OK."""
    depth, limit = queue.get("depth") or 0, queue.get("limit")
    if queue.get("paused"):
        return PAUSED
    if is_without_worker(queue):
        return FAIL
    if depth and limit is not None and (queue.get("running") or 0) >= limit:
        return WAIT
    return QUE if depth else OK


def is_without_worker(queue: Document) -> bool:
    """Whether something is deployed on it and no worker asks for its work."""
    return queue.get("served") is False and bool(queue.get("deployments"))


def workless_words(document: Document) -> str:
    """Why queues fail that nobody works off: `no worker for default, expensive (W lists them)`; empty: none does."""
    names = [safe_name(queue["name"]) for queue in document.get("queues", ()) if is_without_worker(queue)]
    return f"no worker for {', '.join(names)} (W lists them)" if names else ""


def queue_key(queue: Document) -> str:
    return f"{queue.get('pool') or '-'}/{queue['name']}"


def stream_lines(document: Document | None) -> tuple[Line, ...]:
    """What stands in the interaction stream, and how far behind the network is."""
    stream = (document or {}).get("stream")
    if not stream:
        return (line("?"),)
    lag, letters = stream.get("lag"), stream.get("dead_letters")
    return (
        line(f"  {'length':<14}{amount(stream.get('length')):>10}   entries in the stream"),
        line(
            f"  {'lag':<14}{amount(lag):>10}   ",
            word(_judged(lag, some=STALE)),
            f" not yet in the network{', oldest ' + short_duration(stream.get('lag_s')) if lag else ''}",
        ),
        line(
            f"  {'dead letters':<14}{amount(letters):>10}   ",
            word(_judged(letters, some=FAIL)),
            " refused, with a reason (d shows them)",
        ),
        *([line(("  " + gap_words(stream), "bad"))] if gap_words(stream) else []),
    )


def gap_words(stream: Document) -> str:
    """What was lost, until it was read again; empty: nothing."""
    gap = stream.get("gap")
    if not gap or gap.get("reread_at"):
        return ""
    lost = f"gap: {amount(gap.get('missing'))} entries lost after {gap.get('after') or '?'}"
    return safe_text(f"{lost} (R reads the stream again)", limit=200)


def waiting_lines(document: Document | None, now: datetime, width: int, *, room: int = 0) -> tuple[Line, ...]:
    """Runs that have not ended, per line: queue, what, since when, why. Where there is room, those that ended last."""
    if document is None:
        return (line(("?", "dim")),)
    runs = document.get("runs", ())
    waiting = [_run_line(run, now, width) for run in runs if state_word(run) in UNFINISHED]
    lines = waiting or [line(("none: every run has ended", "dim"))]
    ended = [run for run in runs if state_word(run) not in UNFINISHED][: max(0, room - len(lines) - 2)]
    last = [_run_line(run, now, width) for run in ended]
    return (*lines, *((EMPTY, heading("ENDED LAST"), *last) if last else ()))


def _run_line(run: Document, now: datetime, width: int) -> Line:
    since = age(run.get("started_at") or run.get("scheduled_at"), now)
    queue = fit_left(safe_name(run.get("queue") or "-"), 12)
    head = f"{short_id(run['id']):<9}{fit_left(run_name(run), 26)} {queue}"
    said = safe_text(run.get("message") or "", limit=200)[: max(0, width - 62)]
    return line(head, " ", word(state_word(run)), f" {since:>4}  ", (said, "dim"))


def amount(value: object) -> str:
    """A number as people read it; `?` for what is unknown or no number."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return count(value) if is_number else "?"  # type: ignore[arg-type]


def _judged(number: int | None, *, some: str) -> str:
    return "?" if number is None else some if number else OK


def _row(queue: Document, depths: Depths, hourly: Mapping[str, str]) -> Row:
    state, limit = queue_word(queue), queue.get("limit")
    depth, running, late = queue.get("depth"), queue.get("running"), queue.get("late")
    oldest = queue.get("oldest_s")
    name, pool = safe_name(queue["name"]), safe_name(queue.get("pool") or "-")
    cells = (
        name,
        pool,
        state,
        amount(depth),
        f"{amount(running)}/{'-' if limit is None else amount(limit)}",
        amount(late),
        short_duration(oldest) if oldest is not None else "-",
        hourly.get(str(queue["name"]), "?"),
        plain(columns([(each, "") for each in depths.get(queue_key(queue), ())], _TREND)),
    )
    order = (
        name.lower(),
        pool.lower(),
        state,
        depth or 0,
        "",
        _number(cells[5]),
        running or 0,
        late or 0,
        -(oldest or 0),
    )
    fault = state in (PAUSED, WAIT, FAIL) or bool(late)
    return Row(key=queue_key(queue), cells=cells, tone=tone_of(state), order=order, fault=fault)


def _number(text: str) -> int:
    digits = text.rstrip("+")
    return int(digits) if digits.isdecimal() else 0
