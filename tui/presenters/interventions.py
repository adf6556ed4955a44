"""Proposed interventions: rows of the list, and the evidence behind one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from causal_organism.wording.amounts import count
from causal_organism.wording.identities import short_id
from causal_organism.wording.safe_text import safe_name, safe_text
from tui.presenters.lines import EMPTY, Line, heading, line, wrapped
from tui.presenters.rows import Column, Row
from tui.presenters.words import Document, tone_of
from tui.states import CXL, OK, RUN, WAIT

COLUMNS = (
    Column(name="ID", width=8, from_width=100),
    # Titles begin alike: where there is no room for whole ones, the target tells proposals apart.
    Column(name="WHAT", share=4, from_width=100),
    Column(name="TARGET", share=3),
    Column(name="OUTCOME", share=3),
    Column(name="PEOPLE", width=6, right=True),
    Column(name="CHANGE", width=8, right=True),
    Column(name="INTERVAL", width=16),
    Column(name="GRADE", width=12),
    Column(name="DECIDED BY", width=16, from_width=140),
    Column(name="STATE", width=9, state=True),
)
_GRADES: Mapping[str, str] = {"A": "A by lot", "B": "B known time", "C": "C observed", "D": "D too little"}
_WORDS: Mapping[str, str] = {
    "proposed": WAIT,
    "open": WAIT,
    "approved": OK,
    "started": RUN,
    "running": RUN,
    "finished": OK,
    "done": OK,
    "evaluated": OK,
    "rejected": CXL,
    "withdrawn": CXL,
    "expired": CXL,
}


_SHOWN = (
    *("id", "type", "title", "reason", "target", "expected_change", "interval", "grade", "state", "status"),
    *("evidence", "rests_on", "guardrails", "events", "proposed_at", "target_ids", "people", "teams"),
)
_SHOWN_ITEMS = 8
_NESTED = (Mapping, list, tuple)
_POSSIBLE: Mapping[str, str] = {
    "proposed": "a approves and x rejects; both are written to the audit log",
    "approved": "s says that it has begun, w takes the approval back; both are written to the audit log",
    "started": "f says that it is over, X ends it before its time; both are written to the audit log",
    "rejected": "w takes the rejection back within 24 hours",
}


def proposal_rows(proposals: Sequence[Document] | None) -> tuple[Row, ...]:
    """A row per proposal, in the order given."""
    return tuple(_row(proposal) for proposal in proposals or ())


def is_open(proposal: Document) -> bool:
    """Whether it waits for a person."""
    return _word(proposal) == WAIT


def none_lines(reason: str | None, width: int) -> tuple[Line, ...]:
    """Why there are no proposals, in place of the evidence for one."""
    said = reason or "nothing was evaluated yet: a full analysis proposes what the effects carry"
    return (heading("WHY NOTHING IS PROPOSED"), *(line("  " + part) for part in wrapped(safe_text(said), width - 2)))


def detail_lines(
    proposal: Document, refusal: str | None, width: int, *, result: Sequence[Line] = ()
) -> tuple[Line, ...]:
    """One proposal: what it is, what came of it, who decided what, and then its evidence.

    `refusal` says why it cannot be acted on here; None if it can. `result`: what it did, of one that was started.
    """
    head = f"{safe_name(proposal['id'])[:16]} {safe_name(proposal.get('type', ''))}"
    by = _decided_by(proposal)
    said_by = f" by {by}" if by != "-" else ""
    lines: list[Line] = [line((head, "key"), "  ", (_state(proposal), _tone(proposal)), (said_by, "dim"))]
    if proposal.get("title"):
        lines += _folded(_text(proposal["title"]), width, 0)
    lines += _fact_lines(proposal, width)
    said = refusal or _POSSIBLE.get(str(proposal.get("state", "")).lower(), "nothing is left to decide")
    lines += [line((part, "dim")) for part in wrapped(safe_text(said), width)]
    lines += [EMPTY, *result]
    if proposal.get("events"):
        lines += [heading("HISTORY"), *_event_lines(proposal["events"], width), EMPTY]
    if proposal.get("reason"):
        lines += [heading("WHY"), *(line("  " + part) for part in wrapped(_text(proposal["reason"]), width - 2)), EMPTY]
    found = _evidence_lines(proposal.get("evidence"), width)
    found += _evidence_lines(_there({"rests on": proposal.get("rests_on")}), width)
    lines += [heading("EVIDENCE"), *(found or [line("  none recorded")])]
    if guards := proposal.get("guardrails"):
        lines += [EMPTY, heading("GUARDRAILS"), *(each for guard in guards for each in _guard_lines(guard, width))]
    if rest := _there({name: value for name, value in proposal.items() if name not in _SHOWN}):
        lines += [EMPTY, heading("DETAILS"), *_evidence_lines(rest, width)]
    return tuple(lines)


def _fact_lines(proposal: Document, width: int) -> list[Line]:
    """Whom it is about, what is expected of it, how sure that is."""
    bounds, grade = interval(proposal), safe_name(proposal.get("grade") or "-")
    people, teams = _people(proposal), len(proposal.get("teams") or ())
    target = "  ".join(_texts(proposal.get("target"), named=True))
    target += f"  {count(people)} people" if people else ""
    target += f" in {count(teams)} teams" if people and teams else ""
    change, named = change_of(proposal), ""
    if isinstance(change, int | float):
        names = (_expected(proposal, name, "") for name in ("unit", "outcome"))
        named = "".join(f" {safe_name(name)}" for name in names if name)
    facts = f"expected  {number(change)}{named}{'  interval ' + bounds if bounds else ''}"
    facts += f"  grade {_GRADES.get(grade, grade)}"
    return [*_folded(f"target    {target}", width, 10), *_folded(facts, width, 10)]


def _guard_lines(guard: Any, width: int) -> list[Line]:
    """An outcome that must not get worse: what is expected of it, and what would be too much."""
    if not isinstance(guard, Mapping):
        return _evidence_lines(guard, width)
    change = f"{number(guard.get('mean'))} [{number(guard.get('lo'))}, {number(guard.get('hi'))}]"
    named = f"  {safe_name(guard.get('outcome') or '-'):<24} {change} {safe_name(guard.get('unit') or '')}".rstrip()
    least = guard.get("least")
    return _folded(named if least is None else f"{named}, a harm from {_scalar(least)} on", width, 27)


def _there(values: Document) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [], {}, ())}


def _people(proposal: Document) -> int:
    people = proposal.get("people")
    return people if isinstance(people, int) else len(proposal.get("target_ids") or ())


def change_of(proposal: Document) -> Any:
    """The expected change: given as such, or as the mean of an expectation."""
    if "expected_change" in proposal:
        return proposal["expected_change"]
    expected = proposal.get("expected")
    return expected.get("mean") if isinstance(expected, Mapping) else expected


def interval(proposal: Document) -> str:
    """`[-0.3, 1.2]`, or nothing where there is none."""
    bounds, expected = proposal.get("interval"), proposal.get("expected")
    if bounds is None and isinstance(expected, Mapping) and "lo" in expected and "hi" in expected:
        bounds = (expected["lo"], expected["hi"])
    if not isinstance(bounds, Sequence) or isinstance(bounds, str) or len(bounds) != 2:
        return ""
    return f"[{number(bounds[0])}, {number(bounds[1])}]"


def number(value: object) -> str:
    """A signed number to two places, in three figures where it is small or large; anything else as safe text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "-" if value is None else safe_name(value)
    return f"{value:+.2f}" if 0.095 <= abs(value) < 100 else f"{value:+.3g}"


def _row(proposal: Document) -> Row:
    change = _expected(proposal, "mean", change_of(proposal))
    kind, decided = safe_text(proposal.get("title") or proposal.get("type", ""), limit=200), _decided_by(proposal)
    outcome = " ".join(safe_name(each) for name in ("outcome", "unit") if (each := _expected(proposal, name, "")))
    people = _people(proposal)
    target = " ".join(_texts(proposal.get("target"), named=False))
    shown, grade = interval(proposal), safe_name(proposal.get("grade") or "-")
    size = abs(change) if isinstance(change, int | float) else None
    return Row(
        key=str(proposal["id"]),
        cells=(
            short_id(proposal["id"]),
            kind,
            target,
            outcome or "-",
            count(people) if people else "-",
            number(change),
            shown,
            _GRADES.get(grade, grade),
            decided,
            _state(proposal),
        ),
        tone=_tone(proposal),
        order=(
            str(proposal["id"]),
            kind.lower(),
            target.lower(),
            outcome.lower(),
            people,
            size,
            shown,
            grade,
            decided.lower(),
            _state(proposal),
        ),
        fault=is_open(proposal),
    )


def _expected(proposal: Document, name: str, otherwise: Any) -> Any:
    """A figure of the expectation, where there is one."""
    expected = proposal.get("expected")
    return expected.get(name, otherwise) if isinstance(expected, Mapping) else otherwise


def _decided_by(proposal: Document) -> str:
    """Who acted last on it; `-` where nobody did, which is its own proposing."""
    acted = [each for each in proposal.get("events") or () if each.get("action") != "propose"]
    return safe_name(acted[-1].get("actor") or "-") if acted else "-"


def _word(proposal: Document) -> str:
    return _WORDS.get(str(proposal.get("state", "")).lower(), WAIT)


def _tone(proposal: Document) -> str:
    """What waits for a person stands out, unlike a run that waits for a slot."""
    return "warn" if is_open(proposal) else tone_of(_word(proposal))


def _state(proposal: Document) -> str:
    return safe_name(proposal.get("state") or "-").upper()[:9]


def _texts(target: Any, *, named: bool) -> list[str]:
    if isinstance(target, Mapping):
        return [safe_name(f"{name}={value}" if named else value) for name, value in target.items()]
    if isinstance(target, list | tuple):
        return [safe_name(each) for each in target]
    return [safe_name(target if target is not None else "-")]


def _evidence_lines(evidence: Any, width: int, indent: int = 2) -> list[Line]:
    pad = " " * indent
    if isinstance(evidence, Mapping):
        lines: list[Line] = []
        for name, value in evidence.items():
            label = f"{pad}{safe_name(name)}"
            if isinstance(value, list | tuple) and value and not any(isinstance(each, _NESTED) for each in value):
                lines += _folded(f"{label:<26} {_listed(value)}", width, 27)
            elif isinstance(value, _NESTED) and value:
                lines += [line(label), *_evidence_lines(value, width, indent + 2)]
            else:
                lines += _folded(f"{label:<26} {_scalar(value)}", width, 27)
        return lines
    if isinstance(evidence, list | tuple):
        lines = [each for item in evidence[:_SHOWN_ITEMS] for each in _evidence_lines(item, width, indent)]
        more = len(evidence) - _SHOWN_ITEMS
        return [*lines, line((f"{pad}... and {more} more", "dim"))] if more > 0 else lines
    return [] if evidence is None else _folded(pad + _scalar(evidence), width, indent)


def _event_lines(events: Sequence[Document], width: int) -> list[Line]:
    """Who did what when, and why, oldest first; what was proposed stands above."""
    lines: list[Line] = []
    for event in events:
        detail = event.get("detail")
        reason = detail.get("reason") if isinstance(detail, Mapping) else None
        action, actor = safe_name(event.get("action", "")), safe_name(event.get("actor", ""))
        told = f"  {_text(event.get('at'))[:19].replace('T', ' ')}  {action} by {actor}"
        lines += _folded(f"{told}: {_text(reason)}" if reason else told, width, 4)
    return lines


def _listed(values: Sequence[Any]) -> str:
    more = len(values) - _SHOWN_ITEMS
    return ", ".join(map(_scalar, values[:_SHOWN_ITEMS])) + (f" and {more} more" if more > 0 else "")


def _folded(text: str, width: int, indent: int) -> list[Line]:
    return [line(part) for part in wrapped(text, width, indent)]


def _text(value: object) -> str:
    return safe_text("-" if value is None else value, limit=800)


def _scalar(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return safe_text("-" if value is None else value, limit=400)
