"""The panes of a wide overview: assets, runs of each pipeline, failures by cause, and what flows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from causal_organism.wording.amounts import age, count, duration, moment, short_duration
from causal_organism.wording.run_causes import causes
from causal_organism.wording.safe_text import safe_name
from tui.presenters.assets.listing import states
from tui.presenters.drawing import bar, columns, parts_bar
from tui.presenters.lines import Line, Piece, fit_left, line, plain, word
from tui.presenters.overview.summary import Documents
from tui.presenters.queues import amount, queue_word
from tui.presenters.runs.listing import elapsed_s
from tui.presenters.schedules import due_in, schedule_word
from tui.presenters.words import Document, state_word, tone_of
from tui.states import FAIL, LATE, MISS, OK, PAUSED, RUN, STALE, UNFINISHED

_STATES = (OK, STALE, FAIL, RUN, MISS)
_NAME = 20
_LABEL = 10
_SHOWN_QUEUES = 3
_UNKNOWN: Line = (("?", "dim"),)


def asset_lines(document: Document | None, width: int) -> tuple[Line, ...]:
    """How many are in which state."""
    if document is None:
        return (_UNKNOWN,)
    found = states(document)
    total = sum(found.values())
    lines = [parts_bar([(found.get(state, 0), tone_of(state)) for state in _STATES], width - 1)]
    for state in _STATES:
        number = found.get(state, 0)
        tone = tone_of(state) if number else "dim"
        lines.append(
            line((fit_left(state, 7), tone), (f"{number:>6,} ", tone), *bar(number / max(1, total), width - 15, tone))
        )
    return tuple(lines)


def run_lines(document: Document | None, now: datetime, width: int) -> tuple[Line, ...]:
    """Per pipeline its last 24 hours, or where nobody counted them its newest runs: as high as they took long."""
    if document is None:
        return (_UNKNOWN,)
    days = {_last_part(each["name"]): each for each in (document.get("day") or {}).get("deployments", ())}
    lines: list[Line] = []
    for name, runs in _by_name(document.get("runs", ())).items():
        day = days.get(name)
        values = [(elapsed_s(run, now), tone_of(state_word(run))) for run in reversed(runs)]
        strip = columns(values, width - 1) if day is None else _day_strip(day["half_hours"], width - 1)
        rest = width - 1 - len(plain(strip))
        lines += [_pipeline_line(name, runs, day, now, width), (("·" * rest, "faint"), *strip)]
    return tuple(lines) or (line(("no runs yet", "dim")),)


def _day_strip(half_hours: Sequence[Document | None], cells: int) -> Line:
    """A column per half hour, now at the right; each as wide as there is room for all."""
    wide = max(1, cells // max(1, len(half_hours)))
    values: list[tuple[float | None, str]] = []
    for each in half_hours:
        tone = "faint" if each is None else "bad" if each["failed"] else "warn" if each["retried"] else "ok"
        values += [(None if each is None else each["took_s"], tone)] * wide
    return columns(values, cells)


def _pipeline_line(name: str, runs: Sequence[Document], day: Document | None, now: datetime, width: int) -> Line:
    """How its last run went, and how all of them did."""
    when = age(runs[0].get("started_at") or runs[0].get("scheduled_at"), now)
    parts = _known_figures(runs, now) if day is None else _day_figures(day)
    head = line((fit_left(name, _NAME), "head"), word(state_word(runs[0]), 5), (f" {when} ago", "dim"))
    room = width - 1 - len(plain(head))
    while len(parts) > 1 and sum(len(part) + 2 for part in parts) > room:
        parts = parts[:-1]
    return line(*head, "  ".join(parts).rjust(room))


def _known_figures(runs: Sequence[Document], now: datetime) -> list[str]:
    """What is most wanted first."""
    ended = [run for run in runs if state_word(run) not in UNFINISHED]
    good = [run for run in ended if state_word(run) == OK]
    took = sorted(seconds for run in good if (seconds := elapsed_s(run, now)) is not None)
    figures = [f"{len(good)}/{len(ended)} ok" if ended else "none ended"]
    if took:
        p95 = took[min(len(took) - 1, int(len(took) * 0.95))]
        figures += [f"p50 {duration(took[len(took) // 2])}", f"p95 {duration(p95)}"]
    return figures


def _day_figures(day: Document) -> list[str]:
    """What is most wanted first."""
    ended = day["succeeded"] + day["failed"]
    figures = [f"{count(day['succeeded'])}/{count(ended)} ok" if ended else "none ended"]
    if day["p50_s"] is not None:
        figures += [f"p50 {duration(day['p50_s'])}", f"p95 {duration(day['p95_s'])}"]
    return [*figures, f"{count(day['retried'])} retried"] if day["retried"] else figures


def failure_lines(document: Document | None, now: datetime, width: int) -> tuple[Line, ...]:
    """Failed runs, those with the same reason as one, the newest first."""
    if document is None:
        return (_UNKNOWN,)
    lines: list[Line] = []
    for cause in causes(document.get("runs", ())):
        when = age(cause.runs[0].get("started_at"), now)
        head = f"{len(cause.runs):>3} × {fit_left(cause.what, _NAME)} {when:>4} ago  "
        lines.append(line((head, "bad"), fit_left(cause.text, max(10, width - 1 - len(head))).rstrip()))
    return tuple(lines) or (line(("none failed", "ok")),)


def flow_lines(documents: Documents, lags: Sequence[float | None], now: datetime, width: int) -> tuple[Line, ...]:
    """Queues with their slots, the stream with its lag as it was seen, what starts next by itself, the servers."""
    return (
        *_queue_lines(documents.get("queues"), width),
        *_stream_lines(documents.get("queues"), lags, width),
        *_schedule_lines(documents.get("schedules"), now),
        *_server_lines(documents.get("status"), width),
    )


def window(document: Document | None, now: datetime) -> str:
    """What the runs that are known reach back to."""
    runs = (document or {}).get("runs", ())
    began = [at for run in runs if (at := moment(run.get("started_at")))]
    return f"newest {len(runs)}, {short_duration((now - min(began)).total_seconds())}" if began else ""


def day_words(document: Document | None, now: datetime) -> str:
    """All runs of a day, as the server counted them; where it did not, what the runs that are known reach back to."""
    day = (document or {}).get("day")
    if not day:
        return window(document, now)
    rate, total = day.get("success_rate"), sum(day["states"].values())
    share = "" if rate is None else f" {rate:.0%} ok"
    again = day.get("retry_rate")
    share += f" {again:.0%} retried" if again else ""
    return f"24h {count(total)}{share}  p50 {duration(day['p50_s'])}  p95 {duration(day['p95_s'])}"


def _by_name(runs: Sequence[Document]) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = {}
    for run in runs:
        found.setdefault(_last_part(run.get("deployment") or "local"), []).append(run)
    return found


def _last_part(deployment: object) -> str:
    """`pulse` of `flow/pulse`."""
    return safe_name(str(deployment).rpartition("/")[2])


def _queue_lines(document: Document | None, width: int) -> list[Line]:
    if document is None:
        return [line(fit_left("queues", _LABEL), "?")]
    lines = []
    for queue in list(document.get("queues", ()))[:_SHOWN_QUEUES]:
        limit, running, state = queue.get("limit"), queue.get("running") or 0, queue_word(queue)
        share = running / limit if limit else 0.0
        slots = f"{amount(queue.get('running'))}/{'-' if limit is None else amount(limit)}"
        lines.append(
            line(
                fit_left(safe_name(queue["name"]), _LABEL - 1), " ", *bar(share, 10, tone_of(state) or "ok"),
                f" {slots:<5} ", (f"{amount(queue.get('depth')):>3} wait  ", "dim"), word(state, 0),
            )
        )  # fmt: skip
    return lines


def _stream_lines(document: Document | None, lags: Sequence[float | None], width: int) -> list[Line]:
    stream = (document or {}).get("stream")
    if not stream:
        return [line(fit_left("stream", _LABEL), "?")]
    lag, letters = stream.get("lag"), stream.get("dead_letters")
    trend = columns([(each, "warn" if each else "ok") for each in lags], 10)
    pad: Piece = ("·" * (10 - sum(len(text) for text, _ in trend)), "faint")
    behind = f"{amount(lag)} behind ({short_duration(stream.get('lag_s'))})" if lag or lag is None else "no lag"
    head = line(fit_left("stream", _LABEL), pad, *trend, " ", (behind, "warn" if lag else "ok"))
    if letters == 0:
        return [head]
    refused = f"  {amount(letters)} dead"
    is_room = len(plain(head)) + len(refused) + len(" letters") <= width
    return [line(*head, (refused + " letters" * is_room, "bad"))]


def _schedule_lines(document: Document | None, now: datetime) -> list[Line]:
    """One that is late, how many are paused, and the next to start."""
    if document is None:
        return [line(fit_left("next", _LABEL), "?")]
    schedules, told = document.get("schedules", ()), list[Piece]()
    late = [each for each in schedules if schedule_word(each) == LATE]
    coming = sorted((at, _short(each)) for each in schedules if (at := moment(each.get("next_at"))) is not None)
    for each in late[:1]:
        told.append((f"{short_duration(each['late_s'])} late {_short(each)}  ", "warn"))
    if paused := sum(schedule_word(each) == PAUSED for each in schedules):
        told.append((f"{paused} paused  ", "warn"))
    for at, name in coming[:1]:
        told.append((f"{due_in(at.isoformat(), now)} {name}", ""))
    return [line(fit_left("next", _LABEL), *(told or [("nothing is scheduled", "dim")]))]


def _short(schedule: Document) -> str:
    return safe_name(str(schedule.get("deployment") or "-").rpartition("/")[2], limit=20)


def _server_lines(status: Document | None, width: int) -> list[Line]:
    if status is None:
        return [line(fit_left("servers", _LABEL), "?")]
    lines: list[list[Piece]] = [[(fit_left("servers", _LABEL), "")]]
    for server in status.get("servers", ()):
        healthy, name = server.get("healthy"), safe_name(server["name"], limit=14)
        if len(plain(tuple(lines[-1]))) + len(name) + 2 > width:
            lines.append([(" " * _LABEL, "")])
        tone = {True: "ok", False: "bad"}.get(healthy, "dim")
        lines[-1] += [("● " if healthy else "✗ " if healthy is False else "? ", tone)]
        lines[-1] += [(f"{name}  ", "" if healthy else tone)]
    return [tuple(each) for each in lines]
