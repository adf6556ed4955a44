"""The overview's summary: assets, runs of a day, pipelines, queues, stream, servers; and the status bar's counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import zip_longest

from causal_organism.wording.amounts import age, count, duration, short_duration
from causal_organism.wording.safe_text import safe_name
from tui.presenters.assets import states
from tui.presenters.interventions import is_open
from tui.presenters.lines import Line, Piece, heading, line, plain, word
from tui.presenters.queues import queue_word
from tui.presenters.runs import durations_s, elapsed_s, recent_counts
from tui.presenters.words import Document, state_word
from tui.states import CXL, FAIL, MISS, OK, QUE, RETRY, RUN, STALE, WAIT

Documents = Mapping[str, Document | None]
PIPELINES = (("pulse", "incremental-update-pipeline"), ("full analysis", "full-analysis-pipeline"))
_LEFT, _BAR = 42, 20
_SHOWN_QUEUES = 4


def status_counts(documents: Documents, now: datetime) -> dict[str, int]:
    """What the status bar counts: assets out of date, runs going on, what failed, what waits for slots or people."""
    assets, runs = states(documents.get("assets")), recent_counts(documents.get("runs"), now)
    waiting_people = sum(1 for each in proposals_of(documents) if is_open(each))
    return {
        "stale": assets.get(STALE, 0) + assets.get(MISS, 0),
        "run": runs.get(RUN, 0) + runs.get(RETRY, 0),
        "fail": assets.get(FAIL, 0),
        "wait": runs.get(QUE, 0) + runs.get(WAIT, 0) + waiting_people,
    }


def proposals_of(documents: Documents) -> Sequence[Document]:
    found = documents.get("proposals") or {}
    return tuple(found.get("proposals") or ())


def summary_lines(documents: Documents, now: datetime, *, wide: bool) -> tuple[Line, ...]:
    """Everything above the list of what needs attention."""
    if not wide:
        return (
            _counted("ASSETS", states(documents.get("assets")), (OK, STALE, FAIL, RUN, MISS)),
            _counted("RUNS 24h", recent_counts(documents.get("runs"), now), (OK, FAIL, RUN, RETRY, QUE, CXL)),
            *_pipeline_lines(documents, now),
            _queue_line(documents.get("queues")),
            _stream_line(documents.get("queues")),
            _server_line(documents.get("status")),
        )
    right = (
        _counted("RUNS 24h", recent_counts(documents.get("runs"), now), (OK, FAIL, RUN, RETRY, QUE, CXL)),
        _duration_line(documents.get("runs")),
        *_pipeline_lines(documents, now),
        _queue_line(documents.get("queues")),
        _stream_line(documents.get("queues")),
        _server_line(documents.get("status")),
    )
    return tuple(_beside(left, other) for left, other in zip_longest(_bars(states(documents.get("assets"))), right))


def _beside(left: Line | None, right: Line | None) -> Line:
    pad = _LEFT - len(plain(left or ()))
    return (*(left or ()), (" " * pad + "| ", ""), *(right or ()))


def _bars(found: Mapping[str, int]) -> list[Line]:
    total = sum(found.values())
    lines = [heading(f"ASSETS {total:,}")]
    for state in (OK, STALE, FAIL, RUN, MISS):
        number = found.get(state, 0)
        bar = "#" * (max(1, round(_BAR * number / total)) if number else 0)
        lines.append(line(word(state), f" {number:>6,}  ", bar))
    return lines


def _counted(label: str, found: Mapping[str, int], shown: Sequence[str]) -> Line:
    pieces: list[str | Piece] = [(f"{label:<14}", "head")]
    for state in shown:
        if number := found.get(state, 0):
            pieces += [word(state, 0), f" {number:,}  "]
    return line(*pieces) if len(pieces) > 1 else line(*pieces, ("none", "dim"))


def _duration_line(runs: Document | None) -> Line:
    took = durations_s(runs)
    if not took:
        return line(("durations     ", "head"), ("none yet", "dim"))
    p95 = took[min(len(took) - 1, int(len(took) * 0.95))]
    return line(("durations     ", "head"), f"p50 {duration(took[len(took) // 2])}  p95 {duration(p95)}")


def _pipeline_lines(documents: Documents, now: datetime) -> list[Line]:
    """How the last run of each pipeline went."""
    lines = []
    for label, flow in PIPELINES:
        last = next((run for run in (documents.get("runs") or {}).get("runs", ()) if run.get("flow") == flow), None)
        pieces: list[str | Piece] = [(f"{label:<14}", "head")]
        if last is None:
            pieces.append(("not seen yet", "dim"))
        else:
            pieces += [
                word(state_word(last), 0),
                f" {age(last.get('started_at'), now)} ago, took {duration(elapsed_s(last, now))}",
            ]
        lines.append(line(*pieces))
    return lines


def _queue_line(document: Document | None) -> Line:
    queues = (document or {}).get("queues", ())
    pieces: list[str | Piece] = [("queues        ", "head")]
    for queue in queues[:_SHOWN_QUEUES]:
        state, limit = queue_word(queue), queue.get("limit")
        slots = f"{queue.get('running') or 0}/{'-' if limit is None else limit}"
        pieces += [
            f"{safe_name(queue['name'], limit=20)} {count(queue.get('depth') or 0)} ({slots}) ",
            word(state, 0),
            "  ",
        ]
    if len(queues) > _SHOWN_QUEUES:
        pieces.append((f"+{len(queues) - _SHOWN_QUEUES}", "dim"))
    return line(*pieces) if queues else line(*pieces, ("none known", "dim"))


def _stream_line(document: Document | None) -> Line:
    stream = (document or {}).get("stream")
    if not stream:
        return line(("stream        ", "head"), ("nothing known", "dim"))
    lag, letters = stream.get("lag") or 0, stream.get("dead_letters") or 0
    behind = f"lag {count(lag)} ({short_duration(stream.get('lag_s'))})" if lag else "no lag"
    return line(
        ("stream        ", "head"),
        f"{count(stream.get('length'))} entries, ",
        (behind, "warn" if lag else ""),
        ", ",
        (f"{count(letters)} dead letters", "warn" if letters else ""),
    )


def _server_line(status: Document | None) -> Line:
    servers = (status or {}).get("servers", ())
    pieces: list[str | Piece] = [("servers       ", "head")]
    for server in servers:
        pieces += [f"{safe_name(server['name'], limit=14)} ", word(OK if server.get("healthy") else FAIL, 0), "  "]
    return line(*pieces) if servers else line(*pieces, ("none known", "dim"))
