"""Runs the checks of an asset on a new value. A check that breaks, or answers oddly, has not passed and says why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from causal_organism.assets.definitions import Check, parameters_of
from causal_organism.assets.json_values import described, plain_json
from causal_organism.assets.keys import label_of
from causal_organism.assets.partitions.mappings import Many
from causal_organism.assets.staleness import FRESH
from causal_organism.assets.storable import error_text, storable, storable_text
from causal_organism.assets.versions import CheckResult, Head
from causal_organism.engine.contents import load_readable
from causal_organism.engine.snapshot import Cut
from causal_organism.errors import CheckAnswerError

Answer = tuple[bool, str, dict[str, Any]]


def run_checks(cut: Cut, key: str, partition: str, value: Any, head: Head | None) -> tuple[CheckResult, ...]:
    """What every check says. One that compares gets None where the version before cannot be read."""
    checks = cut.organism.graph[key].checks
    if not checks:
        return ()
    previous = load_readable(cut.organism, head.version) if head else None
    return tuple(
        _check_input(check, cut, key, partition) if check.input is not None else _run_check(check, value, previous)
        for check in checks
    )


def _check_input(check: Check, cut: Cut, key: str, partition: str) -> CheckResult:
    stale = [
        label_of(found.key, each)
        for read, found in cut.resolved(key, partition)
        if read.parameter == check.input and found is not None
        for each in (cut.chosen(found) if isinstance(found, Many) else (found.partition,))
        if cut.judge(found.key, each).status != FRESH
    ]
    return CheckResult(
        name=check.name,
        passed=not stale,
        blocking=check.blocking,
        detail=f"{', '.join(stale[:3])} is out of date" if stale else "",
    )


def _run_check(check: Check, value: Any, previous: Any) -> CheckResult:
    facts: dict[str, Any] = {}
    try:
        arguments = (value, previous)[: 1 if len(parameters_of(check.run)) < 2 else 2]
        passed, detail, facts = _answer(check.run(*arguments))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the author's code runs in it
        passed, detail = False, error_text(error)
    name = storable_text(check.name)
    return CheckResult(name=name, passed=passed, blocking=check.blocking, detail=detail, facts=facts)


def _answer(result: Any) -> Answer:
    """(passed, detail, facts) of what a check returned. Raises CheckAnswerError, UnstorableError."""
    parts = result if isinstance(result, tuple) else (result,)
    passed = parts[0] if parts else None
    if type(passed).__module__ == "numpy" and type(passed).__name__ in ("bool", "bool_"):
        passed = bool(passed)
    if not isinstance(passed, bool) or len(parts) > 3:
        raise CheckAnswerError(f"it returned {_answered(result)}; {_SHAPES}")
    detail = parts[1] if len(parts) > 1 and parts[1] is not None else ""
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
