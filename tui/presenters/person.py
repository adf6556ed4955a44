"""What is known of one person: the numbers, and why one of them changed, down to versions, inputs and interactions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from causal_organism.wording.amounts import age
from causal_organism.wording.safe_text import safe_name, safe_text
from tui.presenters.rows import Column, Row
from tui.presenters.words import Document, number_text

NUMBER_COLUMNS = (
    Column(name="ASSET", share=2),
    Column(name="NUMBER", share=2),
    Column(name="VALUE", share=2, right=True),
    Column(name="VERSION", width=8, right=True),
)
WHY_COLUMNS = (
    Column(name="WHAT", share=3),
    Column(name="WAS", share=1, right=True),
    Column(name="NOW", share=1, right=True),
)
_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A line on the way from a number to what moved it. `asset`: whose it is; `document`: what stands behind it."""

    row: Row
    asset: str
    document: Document


def number_rows(document: Document) -> tuple[Row, ...]:
    """A row per number; the key is `asset column`."""
    return tuple(
        Row(
            key=f"{each['key']} {each['column']}",
            cells=(safe_name(each["key"]), safe_name(each["column"]), cell_text(each["value"]),
                   number_text(each.get("version"), "v")),
        )
        for each in document.get("numbers") or ()
    )  # fmt: skip


def why_steps(document: Document, now: datetime) -> tuple[Step, ...]:
    """The tree as lines, an asset and below it what moved in it and its inputs."""
    return tuple(_node(document, now, "", str(document.get("key") or "")))


def cell_text(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:,.6g}" if isinstance(value, float) else safe_text(str(value), limit=80)


def _node(node: Document, now: datetime, indent: str, place: str) -> Iterator[Step]:
    key, made = str(node.get("key") or ""), node.get("made") or {}
    by = f"  made {age(made.get('at'), now)} ago by {safe_name(made.get('actor') or '-')}" if made else ""
    span = (number_text(node.get("from"), "v"), number_text(node.get("to"), "v"))
    name = f"{indent}{'└ ' if indent else ''}{safe_name(key)}{by}"
    yield Step(row=Row(key=place, cells=(name, *span), heading=True), asset=key, document=node)
    inner = indent + "  "
    for at, (text, was, said, behind) in enumerate(_moves(node)):
        row = Row(key=f"{place} {at}", cells=(inner + "  " + text, was, said), tone="warn")
        yield Step(row=row, asset=key, document=behind)
    for at, each in enumerate(node.get("inputs") or ()):
        yield from _node(each, now, inner, f"{place} > {at} {each.get('key')}")


def _moves(node: Document) -> Iterator[tuple[str, str, str, Document]]:
    """(what, was, now, document) of everything that differs in one asset."""
    if note := node.get("note"):
        yield safe_text(note, limit=300), "", "", node
    if code := node.get("code"):
        yield "code changed", safe_name(code.get("was")), safe_name(code.get("now")), code
    if value := node.get("value"):
        yield "value", cell_text(value.get("was")), cell_text(value.get("now")), value
    for sign, name in (("+", "added"), ("-", "removed")):
        for row in _some(node.get(name)):
            cells = ", ".join(f"{column} {cell_text(cell)}" for column, cell in row["cells"].items())
            yield f"{sign} {safe_name(row['row'])}: {safe_text(cells, limit=200)}", "", "", row
    for change in _some(node.get("changed")):
        yield safe_name(change["column"]), cell_text(change["was"]), cell_text(change["now"]), change
    for tie in _some(node.get("ties") or node.get("near")):
        ends = f"tie {safe_name(tie['source'])} → {safe_name(tie['target'])}"
        yield ends, cell_text(tie["weight_was"]), cell_text(tie["weight_now"]), tie
    for each in _some(node.get("interactions")):
        at = safe_name(str(each.get("at")).replace("T", " ").removesuffix("+00:00"))
        ends = f"{safe_name(each['source'])} → {safe_name(each['target'])}"
        yield f"{at}  {ends}  {safe_name(each.get('kind') or '')}", "", cell_text(each.get("weight")), each


def _some(rows: Sequence[Mapping[str, Any]] | None) -> Sequence[Mapping[str, Any]]:
    return (rows or ())[:_SHOWN]
