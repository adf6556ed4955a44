"""What an act leads to, in sentences: the same in a dialog of the console and from the shell.

They tell documents of `platform.consequences`, and plans that these were added to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from causal_organism.documents.proposals import Decision
from causal_organism.wording.amounts import UNKNOWN, count, duration
from causal_organism.wording.safe_text import safe_name, safe_text

Document = Mapping[str, Any]
WARNING, ASIDE = "warn", "dim"
NAMED = 4  # keys in a sentence, before `and 3 more`
_TOLD = 2  # steps whose history is told

EFFECTS = {
    "retry": "What was made stays; the rest is made again.",
    "cancel": "It is cancelled; what it published stays, and nothing more is published.",
    "restore": "Its content is published again as the newest version.",
    "pin": "It stays the head: no run makes this asset until it is let go.",
    "unpin": "Runs make it again.",
    "approve": "It may be started. Approved in your name, written to the audit log.",
    "reject": "Nobody acts on it. Written to the audit log.",
    "start": "It has begun, and from now on it is measured. Written to the audit log.",
    "finish": "It is over, and the next evaluation measures what it did.",
    "stop": "It ends before its time; what it did until now is measured.",
    "withdraw": "What was decided is taken back: an approval for good, a rejection within a day.",
}
"""Act -> its effect on what it is about."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """`tone`: a warning, or something that is told by the way."""

    text: str
    tone: str = ""


def after_retry(found: Document) -> tuple[Sentence, ...]:
    """What runs make, what is out of date after that, and behind whom they wait."""
    steps = found.get("steps") or ()
    if not steps:
        nothing = Sentence("Makes nothing: all that they are about is up to date.")
        return (nothing, *_queues(found, "wait before it"))
    made = Sentence(f"Makes {keys_text(_keys(steps))}: {steps_text(steps)}.")
    return (made, *_histories(steps), *after_making(found), *_queues(found, "wait before it"))


def after_cancel(found: Document) -> tuple[Sentence, ...]:
    """What stays out of date, and who may begin then."""
    steps, readers = found.get("steps") or (), found.get("stale_after") or ()
    told = [Sentence("Nothing is left for them to make.")]
    if steps:
        told = [Sentence(f"Stays out of date, if nothing else makes it: {keys_text(_keys(steps))}.", WARNING)]
        told += [Sentence(f"What reads that stays as it is: {keys_text(readers)}.")] if readers else []
    return (*told, *_queues(found, "wait"))


def after_version(found: Document) -> tuple[Sentence, ...]:
    """What is out of date by another head, how long it takes to make again, and for whom it waits."""
    stale, steps = found.get("stale_after") or (), found.get("steps") or ()
    told = [Sentence("Nothing is out of date by it: the newest version has this content, or nothing reads it.")]
    if stale:
        about = steps_text(steps).rpartition(", ")[2]
        told = [Sentence(f"Out of date by it: {keys_text(stale)}; to make again: {about}.", WARNING)]
    if refused := found.get("refused"):
        return (Sentence(f"It would be refused: {safe_text(refused, limit=300)}.", WARNING),)
    if making := found.get("making"):
        told.append(Sentence(f"It waits for {safe_text(making, limit=60)}, which makes this asset now.", WARNING))
    return (*told, *_histories(steps))


def after_unpin(found: Document) -> tuple[Sentence, ...]:
    """Whether the next run makes it, and what is out of date then."""
    if not (steps := found.get("steps") or ()):
        return (Sentence("It is up to date: the next run leaves it as it is."),)
    made = Sentence(f"It is out of date: the next run of it makes it, {steps_text(steps).rpartition(', ')[2]}.")
    return (made, *after_making(found), *_histories(steps))


def after_decision(found: Decision) -> tuple[Sentence, ...]:
    """What becomes of a proposal, until when that stands, whom it is about, and what is out of date by it."""
    told = [Sentence(f"It is {safe_name(found['state'])} and becomes {safe_name(found['becomes'])}.")]
    if days := found["lasts_days"]:
        told.append(Sentence(f"It expires if it is not started within {days} days."))
    if days := found["again_in_days"]:
        told.append(Sentence(f"It is proposed again after {days} days, if the evidence carries it then."))
    if teams := found["teams"]:
        lots = f"Lots are drawn among its {count(teams)} teams, and kept: {count(found['held_out'])} are held out."
        told.append(Sentence(lots))
    if (people := found["people"]) is not None:
        told.append(Sentence(f"It is about {count(people)} {'person' if people == 1 else 'people'}."))
    if stale := found["stale_after"]:
        told.append(Sentence(f"Out of date by it: {keys_text(stale)}; the next full analysis makes them.", WARNING))
    if found["evidence"] == "changed":
        told.append(Sentence("Its evidence has changed since it was proposed.", WARNING))
    return tuple(told)


def after_making(plan: Document) -> tuple[Sentence, ...]:
    """What is out of date afterwards, unless what it reads turns out to be the same."""
    keys = plan.get("stale_after") or ()
    text = f"Out of date afterwards, where the content changes: {keys_text(keys)}."
    return (Sentence(text, WARNING),) if keys else ()


def after_plan(plan: Document) -> tuple[Sentence, ...]:
    """What a plan leads to beside what it makes: what is out of date afterwards, and where it may end early."""
    return (*after_making(plan), *_histories(plan.get("steps") or ()))


def history_text(step: Document) -> str:
    """How often such a make changed nothing, so that what reads it stays as it is; empty where it never did."""
    makes, unchanged = step.get("makes") or 0, step.get("unchanged") or 0
    return f"unchanged in {unchanged} of {makes}: then nothing after it is made" if makes and unchanged else ""


def keys_text(keys: Sequence[str]) -> str:
    """`6 (a, b, c, d and 2 more)`."""
    more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
    return f"{len(keys)} ({', '.join(safe_name(key) for key in keys[:NAMED])}{more})"


def steps_text(steps: Sequence[Document]) -> str:
    """`3 steps, 2 certain, about 1m40s`."""
    certain = sum(1 for step in steps if step.get("certain"))
    known = [float(step["estimate_s"]) for step in steps if step.get("estimate_s") is not None]
    if not known:
        about = "duration unknown"
    else:
        about = f"{'at least' if len(known) < len(steps) else 'about'} {duration(sum(known))}"
    return f"{len(steps)} step{'s' if len(steps) != 1 else ''}, {certain} certain, {about}"


def _keys(steps: Sequence[Document]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(step.get("key")) for step in steps))


def _histories(steps: Sequence[Document]) -> list[Sentence]:
    told = {safe_name(step.get("key", "")): text for step in steps if (text := history_text(step))}
    return [Sentence(f"{name} was {text}.", ASIDE) for name, text in list(told.items())[:_TOLD]]


def _queues(found: Document, where: str) -> list[Sentence]:
    told = []
    for queue in found.get("queues") or ():
        limit, paused = queue.get("limit"), ", and it is paused" if queue.get("paused") else ""
        slots = count(queue.get("running")) + ("" if limit is None else f" of {count(limit)}")
        text = f"Queue {safe_name(queue.get('name'))}: {_number(queue.get('depth'))} {where}, {slots} run{paused}."
        told.append(Sentence(text, WARNING if paused else ""))
    return told


def _number(value: float | None) -> str:
    return UNKNOWN if value is None else count(value)
