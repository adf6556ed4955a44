"""Pages that are drawn from the code are what the code says now."""

from __future__ import annotations

import pytest

from causal_organism.assets.declared import AssetOptions, names_of
from tests.docs.reference import DOCS, TABLES, drawn


@pytest.mark.parametrize("page", TABLES)
def test_a_page_is_what_the_code_says(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == drawn(page), "write it anew: python -m tests.docs.reference"


def test_every_option_stands_in_it() -> None:
    text = (DOCS / "declarations.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in text for name in names_of(AssetOptions))
