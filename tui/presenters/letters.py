"""Interactions that were refused, from the document `dead-letters`: why, and what they say."""

from __future__ import annotations

from causal_organism.wording.safe_text import safe_name, safe_text
from tui.presenters.rows import Column, Row
from tui.presenters.words import Document

COLUMNS = (
    Column(name="ENTRY", width=22),
    Column(name="REASON", width=14, state=True),
    Column(name="FIELDS", share=1),
)


def letter_rows(document: Document | None) -> tuple[Row, ...]:
    """A row per letter, oldest first."""
    return tuple(
        Row(
            key=str(letter["id"]),
            cells=(
                safe_name(letter["id"]),
                safe_name(letter.get("reason") or "?"),
                safe_text(
                    "  ".join(f"{name}={said}" for name, said in (letter.get("fields") or {}).items()), limit=400
                ),
            ),
            tone="bad",
            fault=True,
        )
        for letter in (document or {}).get("entries", ())
    )


def _fields(letter: Document) -> list[tuple[str, object]]:
    return list((letter.get("fields") or {}).items())
