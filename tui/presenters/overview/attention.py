"""What needs somebody's attention, newest first, derived from assets, runs, queues, servers and proposals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from causal_organism.wording.amounts import count, date_clock, duration, moment, short_duration
from causal_organism.wording.identities import short_id
from causal_organism.wording.run_causes import run_name
from causal_organism.wording.safe_text import safe_name, safe_text
from tui.presenters.assets.listing import by_key, why
from tui.presenters.interventions import is_open, number
from tui.presenters.overview.summary import Documents, proposals_of
from tui.presenters.queues import is_without_worker, queue_key, queue_word
from tui.presenters.reasons import cause_text
from tui.presenters.rows import Column, Row
from tui.presenters.runs.listing import elapsed_s, error_of
from tui.presenters.schedules import schedule_word
from tui.presenters.words import Document, asset_word, number_text, state_word, tone_of, worked_out
from tui.states import FAIL, LATE, MISS, PAUSED, RETRY, STALE, WAIT

COLUMNS = (
    Column(name="TIME", width=12),
    Column(name="KIND", width=8, from_width=70),
    Column(name="WHAT", share=2),
    Column(name="STATE", width=6, state=True),
    Column(name="TRY", width=3, right=True, from_width=90),
    Column(name="DETAIL", share=3),
)
LATE_S = 300.0
_INPUT_CAUSES = ("input-changed", "input-added")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing to look at. `target` is `kind:key`, which the console can open."""

    target: str
    at: datetime | None
    what: str
    state: str
    detail: str
    tries: str = "-"
    assets: tuple[str, ...] = ()  # that a refresh would mend

    @property
    def kind(self) -> str:
        return self.target.partition(":")[0]

    @property
    def rank(self) -> int:
        """0: it is so now; 1: since a time; 2: nobody knows since when; 3: since ever."""
        return 1 if self.at is not None else {STALE: 2, MISS: 3}.get(self.state, 0)

    def time_words(self, now: datetime) -> str:
        return ("now", date_clock(self.at, now), "?", "-")[self.rank]


def attention(documents: Documents, now: datetime) -> tuple[Trouble, ...]:
    """What is so now (servers, queues, schedules), then what happened, newest first, then what was never made."""
    assets = documents.get("assets")
    found = [
        *_server_troubles(documents.get("status")),
        *_run_troubles(documents.get("runs"), now),
        *(() if assets is None else worked_out(assets, _asset_troubles)),
        *_queue_troubles(documents.get("queues")),
        *_schedule_troubles(documents.get("schedules")),
        *_proposal_troubles(proposals_of(documents)),
    ]
    found.sort(key=lambda trouble: (trouble.rank, -((trouble.at or _LONG_AGO) - _LONG_AGO).total_seconds()))
    return tuple(found)


def attention_rows(troubles: Sequence[Trouble], now: datetime) -> tuple[Row, ...]:
    """A row per trouble; the key is its target."""
    return tuple(
        Row(
            key=trouble.target,
            cells=(
                trouble.time_words(now),
                trouble.kind,
                trouble.what,
                trouble.state,
                trouble.tries,
                trouble.detail,
            ),
            tone=tone_of(trouble.state),
            fault=True,
        )
        for trouble in troubles
    )


def _server_troubles(status: Document | None) -> list[Trouble]:
    return [
        Trouble(
            target=f"server:{server['name']}",
            at=None,
            what=safe_name(server["name"]),
            state=FAIL,
            detail=safe_text(server.get("error") or "does not answer (organism check says more)", limit=200),
        )
        for server in (status or {}).get("servers", ())
        if server.get("healthy") is False
    ]


def _run_troubles(runs: Document | None, now: datetime) -> list[Trouble]:
    """Failed runs that no later run of the same thing made good, and runs that are being retried."""
    found, seen = [], set()
    for run in (runs or {}).get("runs", ()):
        state, name = state_word(run), run_name(run)
        subject = (run.get("deployment"), name)
        if state in (FAIL, RETRY, PAUSED) and (subject not in seen or state != FAIL):
            detail = error_of(run) or f"{run.get('trigger') or '-'}, ran {duration(elapsed_s(run, now))}"
            found.append(
                Trouble(
                    target=f"run:{run['id']}",
                    at=moment(run.get("started_at") or run.get("scheduled_at")),
                    what=f"{name} {short_id(run['id'])}",
                    state=state,
                    tries=number_text(run.get("tries")),
                    detail=safe_text(detail, limit=200),
                )
            )
        seen.add(subject)
    return found


def _asset_troubles(assets: Document) -> list[Trouble]:
    found, known = [], by_key(assets)
    by_cause: dict[str, list[Document]] = {}
    for asset in known.values():
        state, attempt = asset_word(asset), asset.get("attempt") or {}
        if state == STALE and (roots := _roots(asset)):
            by_cause.setdefault(roots[0], []).append(asset)
        elif state in (FAIL, STALE) or (state == MISS and (asset.get("blocked_by") or asset.get("kind") != "source")):
            at = moment(attempt.get("at")) or _stale_since(asset, known)
            found.append(
                Trouble(
                    target=f"asset:{asset['key']}", at=at, what=safe_name(asset["key"]), state=state,
                    detail=why(asset), assets=(str(asset["key"]),),
                )
            )  # fmt: skip
    return [*found, *(_stale_trouble(group, known) for group in by_cause.values())]


def _roots(asset: Document) -> tuple[str, ...]:
    """Why it is out of date, the root first: what several have in common is one trouble.

    A changed input is the same cause whatever reads it.
    """
    causes = [(cause.get("key"), cause) for cause in asset.get("root_causes") or ()]
    causes = causes or [(None, cause) for cause in asset.get("causes") or ()]
    texts = (
        f"{safe_name(key)}: {cause_text(cause)}"
        if key and cause.get("kind") not in _INPUT_CAUSES
        else cause_text(cause)
        for key, cause in causes
    )
    return tuple(dict.fromkeys(texts))


def _stale_trouble(group: Sequence[Document], known: Mapping[str, Document]) -> Trouble:
    """Assets that one cause made out of date: how many, which, and how long it takes to make them."""
    keys = tuple(str(asset["key"]) for asset in group)
    began = [at for asset in group if (at := _stale_since(asset, known)) is not None]
    first, *_ = group
    detail = "; ".join(_roots(first)[: 1 if len(keys) > 1 else None])
    if len(keys) > 1:
        known_s = [float(each["estimate_s"]) for each in group if each.get("estimate_s") is not None]
        about = f", {'about' if len(known_s) == len(keys) else 'at least'} {duration(sum(known_s))}" if known_s else ""
        detail = f"{len(keys)} stale{about}; {detail}; also {', '.join(safe_name(key) for key in keys[1:])}"
    return Trouble(
        target=f"asset:{keys[0]}", at=min(began, default=None), state=STALE, detail=safe_text(detail, limit=400),
        what=safe_name(keys[0]) + (f" +{len(keys) - 1}" if len(keys) > 1 else ""), assets=keys,
    )  # fmt: skip


def _stale_since(asset: Document, known: Mapping[str, Document]) -> datetime | None:
    """When the first input changed that made it out of date; None where that is not what did, or is not known."""
    changed = [str(cause.get("input")) for cause in asset.get("causes") or () if cause.get("kind") in _INPUT_CAUSES]
    moments = [at for key in changed if (at := moment((known.get(key) or {}).get("made_at"))) is not None]
    return moment(asset.get("stale_since")) or min(moments, default=None)


def _queue_troubles(queues: Document | None) -> list[Trouble]:
    found = []
    for queue in (queues or {}).get("queues", ()):
        state, oldest = queue_word(queue), queue.get("oldest_s")
        if state in (PAUSED, WAIT, FAIL) or queue.get("late") or (oldest or 0) > LATE_S:
            depth, late = count(queue.get("depth") or 0), count(queue.get("late") or 0)
            detail = f"{depth} waiting, {late} late" + ("" if oldest is None else f", oldest {short_duration(oldest)}")
            if is_without_worker(queue):
                detail = f"no worker; {detail}"
            found.append(
                Trouble(
                    target=f"queue:{queue_key(queue)}",
                    at=None,
                    what=safe_name(queue["name"]),
                    state=state,
                    detail=detail,
                )
            )
    stream = (queues or {}).get("stream") or {}
    if stream.get("dead_letters"):
        found.append(
            Trouble(
                target="queue:dead-letters",
                at=None,
                what="dead letters",
                state=FAIL,
                detail=f"{count(stream['dead_letters'])} interactions were refused",
            )
        )
    if (stream.get("lag_s") or 0) > LATE_S:
        found.append(
            Trouble(
                target="queue:stream",
                at=None,
                what="stream lag",
                state=STALE,
                detail=f"{count(stream.get('lag'))} interactions wait, the oldest {short_duration(stream['lag_s'])}",
            )
        )
    return found


def _schedule_troubles(schedules: Document | None) -> list[Trouble]:
    return [
        Trouble(
            target=f"schedule:{schedule['deployment']}", at=None, what=safe_name(schedule["deployment"]), state=LATE,
            detail=f"its run was due {short_duration(schedule['late_s'])} ago and has not begun",
        )
        for schedule in (schedules or {}).get("schedules", ())
        if schedule_word(schedule) == LATE
    ]  # fmt: skip


def _proposal_troubles(proposals: Sequence[Document]) -> list[Trouble]:
    """One row for all that wait: a list of proposals is not a list of troubles."""
    waiting = [proposal for proposal in proposals if is_open(proposal)]
    if not waiting:
        return []
    first = waiting[0]
    what = first.get("title") or first.get("type", "")
    return [
        Trouble(
            target=f"proposal:{first['id']}",
            at=max((at for each in waiting if (at := moment(each.get("proposed_at")))), default=None),
            what=f"{len(waiting)} proposals" if len(waiting) > 1 else "1 proposal",
            state=WAIT,
            detail=safe_text(f"first: {what}, expected {number(first.get('expected_change'))}", limit=200),
        )
    ]
