"""The overview's summary: assets, runs of a day, pipelines, queues, stream, servers; and the status bar's counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from causal_organism.wording.amounts import age, duration, moment, short_duration
from causal_organism.wording.safe_text import safe_name
from tui.presenters.assets.listing import states
from tui.presenters.interventions import is_open
from tui.presenters.lines import Line, Piece, line, word
from tui.presenters.queues import amount, queue_word
from tui.presenters.runs.listing import elapsed_s, recent_counts
from tui.presenters.words import Document, state_word
from tui.states import CXL, CXLING, FAIL, MISS, OK, QUE, RETRY, RUN, STALE, WAIT

Documents = Mapping[str, Document | None]
PIPELINES = (("pulse", "incremental-update-pipeline"), ("full analysis", "full-analysis-pipeline"))
RUNS_KNOWN = 100  # at most, in one document
_SHOWN_QUEUES = 4


def status_counts(documents: Documents, now: datetime) -> dict[str, int | None]:
    """What the status bar counts: assets out of date, runs going on, assets and runs of a day that failed, what waits
    for slots or people. None where that is unknown."""
    assets = None if documents.get("assets") is None else states(documents["assets"])
    runs = None if documents.get("runs") is None else recent_counts(documents["runs"], now)
    people = waiting_for_people(documents)
    return {
        "stale": None if assets is None else assets.get(STALE, 0) + assets.get(MISS, 0),
        "run": None if runs is None else runs.get(RUN, 0) + runs.get(RETRY, 0),
        "fail": None if assets is None or runs is None else assets.get(FAIL, 0) + runs.get(FAIL, 0),
        "wait": None if runs is None or people is None else runs.get(QUE, 0) + runs.get(WAIT, 0) + people,
    }


def waiting_for_people(documents: Documents) -> int | None:
    """Proposals that nobody has decided; None while they are unknown."""
    if documents.get("proposals") is None:
        return None
    return sum(1 for each in proposals_of(documents) if is_open(each))


def proposals_of(documents: Documents) -> Sequence[Document]:
    found = documents.get("proposals") or {}
    return tuple(found.get("proposals") or ())


def summary_lines(documents: Documents, now: datetime) -> tuple[Line, ...]:
    """Everything above the list of what needs attention, in a narrow terminal."""
    return (
        _counted("ASSETS", _states(documents), (OK, STALE, FAIL, RUN, MISS)),
        _counted(_window(documents, now), _recent(documents, now), (OK, FAIL, RUN, RETRY, QUE, CXL, CXLING)),
        *_pipeline_lines(documents, now),
        _queue_line(documents.get("queues")),
        _stream_line(documents.get("queues")),
        _server_line(documents.get("status")),
    )


def _states(documents: Documents) -> Mapping[str, int] | None:
    return None if documents.get("assets") is None else states(documents["assets"])


def _recent(documents: Documents, now: datetime) -> Mapping[str, int] | None:
    return None if documents.get("runs") is None else recent_counts(documents["runs"], now)


def _window(documents: Documents, now: datetime) -> str:
    """`RUNS 24h`, or where the newest runs that are known do not reach back so far, that they are these."""
    document = documents.get("runs") or {}
    if document.get("day"):
        return "RUNS 24h"
    runs = document.get("runs", ())
    began = [at for run in runs if (at := moment(run.get("started_at") or run.get("scheduled_at")))]
    is_whole = len(runs) < RUNS_KNOWN or (began and now - min(began) > timedelta(days=1))
    return "RUNS 24h" if is_whole else f"NEWEST {len(runs)}"


def _counted(label: str, found: Mapping[str, int] | None, shown: Sequence[str]) -> Line:
    pieces: list[str | Piece] = [(f"{label:<14}", "head")]
    if found is None:
        return line(*pieces, "?")
    for state in shown:
        if number := found.get(state, 0):
            pieces += [word(state, 0), f" {number:,}  "]
    return line(*pieces) if len(pieces) > 1 else line(*pieces, ("none", "dim"))


def _pipeline_lines(documents: Documents, now: datetime) -> list[Line]:
    """How the last run of each pipeline went."""
    lines = []
    for label, flow in PIPELINES:
        last = next((run for run in (documents.get("runs") or {}).get("runs", ()) if run.get("flow") == flow), None)
        pieces: list[str | Piece] = [(f"{label:<14}", "head")]
        if last is None:
            pieces.append("?" if documents.get("runs") is None else ("not among the newest runs", "dim"))
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
    if document is None:
        return line(*pieces, "?")
    for queue in queues[:_SHOWN_QUEUES]:
        state, limit = queue_word(queue), queue.get("limit")
        slots = f"{amount(queue.get('running'))}/{'-' if limit is None else amount(limit)}"
        pieces += [
            f"{safe_name(queue['name'], limit=20)} {amount(queue.get('depth'))} ({slots}) ",
            word(state, 0),
            "  ",
        ]
    if len(queues) > _SHOWN_QUEUES:
        pieces.append((f"+{len(queues) - _SHOWN_QUEUES}", "dim"))
    return line(*pieces) if queues else line(*pieces, ("none", "dim"))


def _stream_line(document: Document | None) -> Line:
    stream = (document or {}).get("stream")
    if not stream:
        return line(("stream        ", "head"), "?")
    lag, letters = stream.get("lag"), stream.get("dead_letters")
    behind = f"lag {amount(lag)} ({short_duration(stream.get('lag_s'))})" if lag or lag is None else "no lag"
    return line(
        ("stream        ", "head"),
        f"{amount(stream.get('length'))} entries, ",
        (behind, "warn" if lag else ""),
        ", ",
        (f"{amount(letters)} dead letters", "warn" if letters else ""),
    )


def _server_line(status: Document | None) -> Line:
    servers = (status or {}).get("servers", ())
    pieces: list[str | Piece] = [("servers       ", "head")]
    if status is None:
        return line(*pieces, "?")
    for server in servers:
        state = {True: OK, False: FAIL}.get(server.get("healthy"), "?")
        pieces += [f"{safe_name(server['name'], limit=14)} ", word(state, 0), "  "]
    return line(*pieces) if servers else line(*pieces, ("none", "dim"))
