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
    Column(name="ID", width=8),
    Column(name="WHAT", share=4),
    Column(name="TARGET", share=3, from_width=110),
    Column(name="OUTCOME", share=2, from_width=90),
    Column(name="PEOPLE", width=6, right=True, from_width=70),
    Column(name="CHANGE", width=8, right=True),
    Column(name="INTERVAL", width=16, from_width=64),
    Column(name="GRADE", width=12, from_width=50),
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
    *("evidence", "events", "proposed_at", "target_ids"),
)
_SHOWN_ITEMS = 8
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
    return _WORDS.get(str(proposal.get("state", "")).lower()) == WAIT


def none_lines(reason: str | None, width: int) -> tuple[Line, ...]:
    """Why there are no proposals, in place of the evidence for one."""
    said = reason or "nothing was evaluated yet: a full analysis proposes what the effects carry"
    return (heading("WHY NOTHING IS PROPOSED"), *(line("  " + part) for part in wrapped(safe_text(said), width - 2)))


def detail_lines(proposal: Document, refusal: str | None, width: int) -> tuple[Line, ...]:
    """One proposal with its evidence. `refusal` says why it cannot be acted on here; None if it can."""
    bounds, change = interval(proposal), change_of(proposal)
    head = f"{safe_name(proposal['id'])[:16]} {safe_name(proposal.get('type', ''))}"
    facts = (
        f"expected  {number(change)}{'  interval ' + bounds if bounds else ''}  grade {_text(proposal.get('grade'))}"
    )
    lines: list[Line] = [line((head, "key"), f"  {_state(proposal)}")]
    for name in ("title", "reason"):
        if proposal.get(name):
            lines += _folded(_text(proposal[name]), width, 0)
    lines += [
        line("target    " + "  ".join(_texts(proposal.get("target"), named=True))),
        line(facts),
        EMPTY,
        heading("EVIDENCE"),
        *(_evidence_lines(proposal.get("evidence"), width) or [line("  none recorded")]),
    ]
    rest = {name: value for name, value in proposal.items() if name not in _SHOWN and value not in (None, "", [], {})}
    if rest:
        lines += [EMPTY, heading("DETAILS"), *_evidence_lines(rest, width)]
    if proposal.get("events"):
        lines += [EMPTY, heading("HISTORY"), *_event_lines(proposal["events"], width)]
    lines += [EMPTY, heading("ACTING ON IT")]
    said = refusal or _POSSIBLE.get(str(proposal.get("state", "")).lower(), "nothing is left to decide")
    lines += [line(("  " + part, "dim" if refusal else "")) for part in wrapped(safe_text(said), width - 2)]
    return tuple(lines)


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
    """A signed number in three figures; anything else as safe text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "-" if value is None else safe_name(value)
    return f"{value:+.3g}"


def _row(proposal: Document) -> Row:
    state = _WORDS.get(str(proposal.get("state", "")).lower(), WAIT)
    change = _expected(proposal, "mean", change_of(proposal))
    kind = safe_name(proposal.get("title") or proposal.get("type", ""))
    outcome = " ".join(safe_name(each) for name in ("outcome", "unit") if (each := _expected(proposal, name, "")))
    people = len(proposal.get("target_ids") or ())
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
            _state(proposal),
        ),
        tone=tone_of(state),
        order=(
            str(proposal["id"]),
            kind.lower(),
            target.lower(),
            outcome.lower(),
            people,
            size,
            shown,
            grade,
            _state(proposal),
        ),
        fault=state == WAIT,
    )


def _expected(proposal: Document, name: str, otherwise: Any) -> Any:
    """A figure of the expectation, where there is one."""
    expected = proposal.get("expected")
    return expected.get(name, otherwise) if isinstance(expected, Mapping) else otherwise


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
            if isinstance(value, Mapping | list | tuple) and value:
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
        told = f"  {_text(event.get('at'))[:19]}  {action} by {actor}"
        lines += _folded(f"{told}: {_text(reason)}" if reason else told, width, 4)
    return lines


def _folded(text: str, width: int, indent: int) -> list[Line]:
    return [line(part) for part in wrapped(text, width, indent)]


def _text(value: object) -> str:
    return safe_text("-" if value is None else value, limit=800)


def _scalar(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return safe_text("-" if value is None else value, limit=400)
