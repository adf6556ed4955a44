"""Runs the checks of an asset on a value. A check that breaks, or answers oddly, has not passed and says why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from causal_organism.assets.definitions import Check, parameters_of
from causal_organism.assets.freshness.staleness import FRESH, results_of_now
from causal_organism.assets.json_values import described, plain_json
from causal_organism.assets.keys import UNPARTITIONED, label_of
from causal_organism.assets.partitions.mappings import Many
from causal_organism.assets.storable import error_text, shortened, storable, storable_text
from causal_organism.assets.versions import CheckResult, Head, Version
from causal_organism.engine.contents import load_readable, load_value
from causal_organism.engine.faults import call
from causal_organism.engine.requests import Origin
from causal_organism.engine.snapshot import LedgerSnapshot
from causal_organism.engine.tracebacks import log_traceback
from causal_organism.errors import CheckAnswerError

Answer = tuple[bool, str, dict[str, Any]]
Results = tuple[CheckResult, ...]


@dataclass(frozen=True, slots=True)
class Checking:
    """The checks of one asset or partition, as a run sees the ledger.

    `origin` is told what one says at length, and where it broke; None: nobody is.
    """

    snapshot: LedgerSnapshot
    key: str
    partition: str = UNPARTITIONED
    origin: Origin | None = None

    def say(self, text: str) -> None:
        if self.origin is not None:
            self.origin.say(label_of(self.key, self.partition), text)

    def say_fault(self, text: str) -> None:
        if self.origin is not None:
            self.origin.say_fault(label_of(self.key, self.partition), text)


def check_new(asked: Checking, value: Any) -> Results:
    """What every check says of new content. One that compares gets the head, or None where that cannot be read."""
    head = asked.snapshot.head(asked.key, asked.partition)
    return _run(asked, lambda: value, head.version if head else None)


def check_seen(asked: Checking, load: Callable[[], Any], content: str) -> Results:
    """What every check of a source says of what it shows now; `content` is its fingerprint."""
    head = asked.snapshot.head(asked.key)
    if head is None:
        return _run(asked, load, None)
    is_same = head.version.fingerprint == content
    return _run(asked, load, _before(asked.snapshot, head) if is_same else head.version)


def check_same(asked: Checking, value: Any, head: Head) -> Results:
    """As `check_head`, of a head whose content was made again as `value`; whether inputs are fresh is judged anew."""
    judged = {each.name for each in asked.snapshot.graph[asked.key].checks if each.input is not None}
    stand = [each for each in _standing(asked, head) if each.name not in judged]
    return _run(asked, lambda: value, _before(asked.snapshot, head), stand)


def check_head(asked: Checking, head: Head, *, every: bool) -> Results:
    """What the checks say of what there is. Without `every`, what they said stands where they did not change since,
    unless they reject it. One that compares gets the version before.

    Raises RetiredValueError, DamagedValueError where the content cannot be read.
    """
    stand = () if every else _standing(asked, head)
    load = partial(load_value, asked.snapshot.organism, head.version)  # not read where nothing asks for it
    return _run(asked, load, _before(asked.snapshot, head), stand)


def _standing(asked: Checking, head: Head) -> Results:
    return tuple(each for each in results_of_now(head, asked.snapshot.code[asked.key]) if not each.rejects)


def _run(
    asked: Checking, load: Callable[[], Any], previous: Version | None, stand: Iterable[CheckResult] = ()
) -> Results:
    """Results in the order of the checks; those that stand are taken as they are."""
    snapshot, known = asked.snapshot, {each.name: each for each in stand}
    checks, versions = snapshot.graph[asked.key].checks, snapshot.code[asked.key].checks
    wanted = [check for check in checks if storable_text(check.name) not in known and check.input is None]
    value = load() if wanted else None
    before = None
    if previous is not None and any(map(_compares, wanted)):
        before = load_readable(snapshot.organism, previous)

    def result(check: Check) -> CheckResult:
        name = storable_text(check.name)
        if name in known:
            return known[name]
        if check.input is not None:
            passed, detail, facts = _judge_input(check, asked)
        elif value is None and asked.key in snapshot.graph[asked.key].optional:
            passed, detail, facts = True, "it was not returned", {}
        else:
            passed, detail, facts = _ask(asked, check, value, before)
        return CheckResult(
            name=name, passed=passed, blocking=check.blocking, detail=detail, facts=facts,
            code_version=versions.get(name),
        )  # fmt: skip

    return tuple(map(result, checks))


def _before(snapshot: LedgerSnapshot, head: Head) -> Version | None:
    """The version before the head; of content that was restored, the one before it was first published."""
    version, number = head.version, head.version.metadata.get("restored_from")
    while isinstance(number, int) and number < version.number:
        found = snapshot.version(version.key, number, version.partition)
        if found is None:
            return None
        version, number = found, found.metadata.get("restored_from")
    return snapshot.version(version.key, version.number - 1, version.partition) if version.number > 1 else None


def _judge_input(check: Check, asked: Checking) -> Answer:
    snapshot, lists = asked.snapshot, asked.snapshot.graph[asked.key].lists
    named = {check.input, *lists.get(check.input or "", {}).values()}
    stale = [
        label_of(found.key, each)
        for read, found in snapshot.resolved(asked.key, asked.partition)
        if read.parameter in named and found is not None
        for each in (snapshot.chosen(found) if isinstance(found, Many) else (found.partition,))
        if snapshot.judge(found.key, each).status != FRESH
    ]
    return not stale, f"{', '.join(stale[:3])} is out of date" if stale else "", {}


def _compares(check: Check) -> bool:
    try:
        return len(parameters_of(check.run)) > 1
    except (TypeError, ValueError):  # a built-in that does not say
        return False


def _ask(asked: Checking, check: Check, value: Any, previous: Any) -> Answer:
    try:
        passed, detail, facts = _answer(call(check.run, *((value, previous) if _compares(check) else (value,))))
        if (short := shortened(detail)) != detail:
            asked.say(f"check {storable_text(check.name)}: {shortened(detail, logged=True)}")
        return passed, short, facts
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - the author's code runs in it
        log_traceback(error, asked.say_fault, check.run)
        return False, error_text(error), {}


def _answer(result: Any) -> Answer:
    """(passed, detail, facts) of what a check returned. Raises CheckAnswerError, UnstorableError."""
    parts = result if isinstance(result, tuple) else (result, "")
    passed = parts[0] if parts else None
    if type(passed).__module__ == "numpy" and type(passed).__name__ in ("bool", "bool_"):
        passed = bool(passed)
    if not isinstance(passed, bool) or len(parts) not in (2, 3):
        raise CheckAnswerError(f"it returned {_answered(result)}; {_SHAPES}")
    detail = "" if parts[1] is None else parts[1]
    facts = parts[2] if len(parts) > 2 and parts[2] is not None else {}
    if not isinstance(facts, Mapping):
        raise CheckAnswerError(f"its facts are {_answered(facts)}, and not a dict; {_SHAPES}")
    return passed, storable_text(str(detail)), dict(storable(plain_json(facts, "facts")))


_SHAPES = "a check returns True or False, (bool, detail) or (bool, detail, facts)"


def _answered(value: Any) -> str:
    """`the text 'too high'`, `a list`: what it is, without what it might raise."""
    if type(value) is str:
        return f"the text {storable_text(value)!r:.60}"
    if type(value) is tuple:
        return f"a tuple of {len(value)}" + (f", the first of them {_answered(value[0])}" if value else "")
    if value is None:
        return "None"
    return described(value)
