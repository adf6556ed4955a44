"""What acts on queues, schedules and refused interactions lead to, in sentences.

They tell organism.queues/1, organism.runs/1, organism.schedules/1 and organism.dead-letters/1, and ask nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from causal_organism.wording.amounts import UNKNOWN, age, count, moment, short_duration
from causal_organism.wording.consequences import ASIDE, WARNING, Sentence
from causal_organism.wording.identities import short_id
from causal_organism.wording.run_actions import has_ended, state_type
from causal_organism.wording.run_causes import run_name
from causal_organism.wording.safe_text import safe_name

Document = Mapping[str, Any]
_NAMED = 3
_ON = ("RUNNING", "CANCELLING")


def after_queue_pause(queues: Sequence[Document], runs: Sequence[Document]) -> tuple[Sentence, ...]:
    """Who waits on and for how long already, who goes on, and what comes to wait there."""
    told = [Sentence(f"Go on waiting: {who}.", WARNING) for queue in queues if (who := _waiting(queue, runs))]
    told = told or [Sentence("No run waits there now.")]
    if comes := _names(name.rpartition("/")[2] for queue in queues for name in queue.get("deployments") or ()):
        told.append(Sentence(f"New runs wait there too, those of schedules included: {comes}."))
    return (*told, *_going_on(queues))


def after_queue_resume(queues: Sequence[Document], runs: Sequence[Document]) -> tuple[Sentence, ...]:
    """Who may begin, and in how many slots."""
    told = []
    for queue in queues:
        limit, running = queue.get("limit"), queue.get("running") or 0
        free = None if limit is None else max(0, limit - running)
        slots = "there is no limit" if free is None else f"{count(free)} of {count(limit)} slots are free"
        if who := _waiting(queue, runs):
            told.append(Sentence(f"May begin: {who}; {slots}.", WARNING if free == 0 else ""))
    return tuple(told or [Sentence("No run waits there: nothing begins now.")])


def after_limit(queue: Document, runs: Sequence[Document]) -> tuple[Sentence, ...]:
    """What the new number is to be compared with: who goes on, and who waits."""
    running, who = queue.get("running") or 0, _waiting(queue, runs)
    told = [*_going_on([queue])] or [Sentence("No run of it goes on now.")]
    if running > 1:
        told.append(Sentence(f"Below {count(running)}, the next one begins only when enough of them have ended."))
    told.append(Sentence(f"A higher number lets begin: {who}." if who else "No run waits there now."))
    return (*told, Sentence("0 keeps all of them waiting, as a pause does.", ASIDE))


def after_schedule_pause(
    schedules: Sequence[Document], runs: Sequence[Document], now: datetime
) -> tuple[Sentence, ...]:
    """Which start falls out, and how old what it makes is by then."""
    told = []
    for each in schedules:
        name, next_at = _short(each), moment(each.get("next_at"))
        if next_at is not None:
            left = short_duration(max(0.0, (next_at - now).total_seconds()))
            told.append(Sentence(f"{name} does not start in {left}, nor after that.", WARNING))
        if late := each.get("late_s"):
            told.append(Sentence(f"Its run that is {short_duration(late)} late still begins once a worker takes it."))
        told.append(_last_run(each, runs, now))
    return (*told, Sentence("What it makes stays as it is until somebody refreshes it."))


def after_schedule_resume(
    schedules: Sequence[Document], runs: Sequence[Document], now: datetime
) -> tuple[Sentence, ...]:
    """When it starts again, and that nothing is made up for."""
    told = []
    for each in schedules:
        rule, zone = (
            safe_name(each.get("rule") or each.get("cron") or UNKNOWN),
            safe_name(each.get("timezone") or "UTC"),
        )
        told += [Sentence(f"{_short(each)} starts by its rule {rule} ({zone})."), _last_run(each, runs, now)]
    return (*told, Sentence("Starts that fell out meanwhile are not made up for."))


def after_letters_retry(letters: Sequence[Document]) -> tuple[Sentence, ...]:
    """Why they were refused, and which of them nothing but time can mend."""
    reasons = Counter(str(each.get("reason") or UNKNOWN) for each in letters)
    told = [Sentence(f"They were refused for: {_counted(reasons)}.")]
    lasting = sum(number for reason, number in reasons.items() if reason != "future")
    if lasting:
        told.append(Sentence(f"Unless the rules changed, {_those(lasting)} refused again.", WARNING))
    return (*told, Sentence("What is good goes into the stream; the next pulse brings it into the network."))


def after_letters_drop(letters: Sequence[Document]) -> tuple[Sentence, ...]:
    """What is lost with them."""
    reasons = Counter(str(each.get("reason") or UNKNOWN) for each in letters)
    fields = [each.get("fields") or {} for each in letters]
    people = _names(str(given[end]) for given in fields for end in ("source", "target") if given.get(end))
    told = [Sentence(f"They were refused for: {_counted(reasons)}.")]
    told += [Sentence(f"They never come into the network: interactions of {people}.", WARNING)] if people else []
    return (*told, Sentence("No copy is kept."))


def _waiting(queue: Document, runs: Iterable[Document]) -> str:
    """`3 runs, the oldest for 41m (a, b)`; empty: none waits."""
    depth, oldest_s = queue.get("depth"), queue.get("oldest_s")
    if depth == 0:
        return ""
    since = "" if oldest_s is None else f", the oldest for {short_duration(oldest_s)}"
    mine = (run for run in runs if run.get("queue") == queue.get("name") and _is_waiting(run))
    names = _names(f"{run_name(run)} {short_id(run['id'])}" for run in mine)
    return f"{_runs(depth)}{since}" + (f" ({names})" if names else "")


def _is_waiting(run: Document) -> bool:
    return not has_ended(run) and state_type(run) not in _ON


def _going_on(queues: Sequence[Document]) -> list[Sentence]:
    running = sum(queue.get("running") or 0 for queue in queues)
    return [Sentence(f"Go on, and end as they would: {_runs(running)}.")] if running else []


def _runs(number: int | None) -> str:
    return f"{UNKNOWN if number is None else count(number)} run{'' if number == 1 else 's'}"


def _last_run(schedule: Document, runs: Sequence[Document], now: datetime) -> Sentence:
    last = next((run for run in runs if run.get("deployment") == schedule.get("deployment")), None)
    if last is None:
        return Sentence("No run of it is among the newest.", ASIDE)
    return Sentence(f"Its last run is {age(last.get('started_at') or last.get('scheduled_at'), now)} old.", ASIDE)


def _short(schedule: Document) -> str:
    return safe_name(str(schedule.get("deployment") or UNKNOWN).rpartition("/")[2])


def _those(number: int) -> str:
    return "1 of them is" if number == 1 else f"{count(number)} of them are"


def _counted(reasons: Counter[str]) -> str:
    return ", ".join(f"{safe_name(reason)} ({count(number)})" for reason, number in reasons.most_common())


def _names(names: Iterable[str]) -> str:
    """`a, b, c and 2 more`, each once."""
    found = list(dict.fromkeys(names))
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return ", ".join(map(safe_name, found[:_NAMED])) + more
