"""The documents of contents: what the ledger keeps is read again as what was written, today's and from before."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism.assets.contents import AtBatch, Content, File, Patch, Row, content_of, document_of

ABOUT = {"index": "id", "schema": {"index": []}, "columns": ["n"], "rows": 3}
ROW = Row(name="a", format="json", bytes=7)
FILE = File(name="b", format="arrays", bytes=90_000, about=ABOUT, digest="d")
PATCH = Patch(
    name="c", format="arrays", bytes=80, about=ABOUT, whole="w", depth=2, patched=150,
    root=File(name="b", format="arrays", bytes=90_000, digest="d"),
)  # fmt: skip
KEPT: list[tuple[Content, str, dict[str, Any]]] = [
    (ROW, "a", {"format": "json", "bytes": 7, "store": "row"}),
    (ROW, "the author's", {"format": "json", "bytes": 7, "store": "row", "content": "a"}),
    (FILE, "b", {"format": "arrays", "bytes": 90_000, **ABOUT, "store": "file", "digest": "d"}),
    (
        PATCH,
        "w",
        {
            "format": "arrays", "bytes": 80, **ABOUT, "store": "patch", "content": "c", "whole": "w", "depth": 2,
            "patched": 150, "root": {"store": "file", "bytes": 90_000, "digest": "d", "content": "b"},
        },
    ),
    (AtBatch(name="n", number=12), "n", {"format": "network", "batch": 12}),
]  # fmt: skip


@pytest.mark.parametrize(("content", "fingerprint", "document"), KEPT)
def test_what_the_ledger_has_always_kept_is_what_it_keeps(
    content: Content, fingerprint: str, document: dict[str, Any]
) -> None:
    assert document_of(content, fingerprint) == document
    assert content_of(document, fingerprint) == content


@pytest.mark.parametrize(("content", "fingerprint", "document"), KEPT)
def test_without_a_version_the_name_stands_in_the_document(
    content: Content, fingerprint: str, document: dict[str, Any]
) -> None:
    assert document_of(content)["content"] == content.name
    assert content_of(document_of(content)) == content


def test_tables_of_one_form_differ_in_their_rows_alone() -> None:
    assert FILE.form == PATCH.form != ROW.form
    assert (FILE.rows, ROW.rows) == (3, None)
