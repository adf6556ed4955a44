"""Queues and the interaction stream, from the document `queues`."""

from __future__ import annotations

from causal_organism.wording.amounts import count, short_duration
from causal_organism.wording.safe_text import safe_name
from tui.presenters.lines import Line, heading, line, word
from tui.presenters.rows import Column, Row
from tui.presenters.words import Document, tone_of
from tui.states import OK, PAUSED, QUE, STALE, WAIT

COLUMNS = (
    Column(name="QUEUE", share=1),
    Column(name="POOL", width=12, from_width=60),
    Column(name="STATE", width=6, state=True),
    Column(name="DEPTH", width=6, right=True),
    Column(name="RUN/LIM", width=8, right=True),
    Column(name="LATE", width=5, right=True),
    Column(name="OLDEST", width=7, right=True),
)


def queue_rows(document: Document | None) -> tuple[Row, ...]:
    """A row per work queue; the key is `pool/name`."""
    return tuple(_row(queue) for queue in (document or {}).get("queues", ()))


def queue_word(queue: Document) -> str:
    """PAUSED, WAIT where all slots are taken and runs wait, QUE where runs wait, else OK."""
    depth, limit = queue.get("depth") or 0, queue.get("limit")
    if queue.get("paused"):
        return PAUSED
    if depth and limit is not None and (queue.get("running") or 0) >= limit:
        return WAIT
    return QUE if depth else OK


def queue_key(queue: Document) -> str:
    return f"{queue.get('pool') or '-'}/{queue['name']}"


def stream_lines(document: Document | None) -> tuple[Line, ...]:
    """What stands in the interaction stream, and how far behind the network is."""
    stream = (document or {}).get("stream")
    if not stream:
        return (heading("INTERACTION STREAM"), line("  nothing known"))
    lag, letters = stream.get("lag") or 0, stream.get("dead_letters") or 0
    behind = word(STALE if lag else OK)
    return (
        heading("INTERACTION STREAM"),
        line(f"  {'length':<14}{count(stream.get('length')):>10}   entries in the stream"),
        line(
            f"  {'lag':<14}{count(stream.get('lag')):>10}   ",
            behind,
            f" not yet in the network{', oldest ' + short_duration(stream.get('lag_s')) if lag else ''}",
        ),
        line(
            f"  {'dead letters':<14}{count(stream.get('dead_letters')):>10}   ",
            word(STALE if letters else OK),
            " refused, with a reason (organism dead-letters)",
        ),
    )


def _row(queue: Document) -> Row:
    state, limit = queue_word(queue), queue.get("limit")
    depth, running, late = queue.get("depth") or 0, queue.get("running") or 0, queue.get("late") or 0
    oldest = queue.get("oldest_s")
    name, pool = safe_name(queue["name"]), safe_name(queue.get("pool") or "-")
    cells = (
        name,
        pool,
        state,
        count(depth),
        f"{running}/{'-' if limit is None else limit}",
        count(late),
        short_duration(oldest) if oldest is not None else "-",
    )
    order = (name.lower(), pool.lower(), state, depth, running, late, -(oldest or 0))
    fault = state in (PAUSED, WAIT) or bool(late)
    return Row(key=queue_key(queue), cells=cells, tone=tone_of(state), order=order, fault=fault)
