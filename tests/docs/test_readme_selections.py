"""The selections that the README types select something of the catalog."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from causal_organism.assets.graph import AssetGraph
from causal_organism.assets.selection.evaluation import select
from causal_organism.graphs import load_graph
from causal_organism.settings import load_settings

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in ("guide", "network", "production")))
README = "\n".join(page.read_text() for page in PAGES)
TYPED = sorted(set(re.findall(r"organism (?:assets|graph|observe|plan|refresh|retain) '([^']+)'", README)))


class Look:
    """Everything was changed just now, is out of date, and failed."""

    now = datetime(2026, 1, 5, tzinfo=UTC)

    def status(self, _key: str) -> str:
        return "stale"

    def failed(self, _key: str) -> bool:
        return True

    def changed_at(self, _key: str) -> datetime | None:
        return self.now


@pytest.fixture(scope="module")
def catalog() -> AssetGraph:
    return load_graph(load_settings({"HOME": "/nowhere"}).assets)


def test_some_are_typed() -> None:
    assert len(TYPED) > 2


@pytest.mark.parametrize("text", TYPED)
def test_what_is_typed_selects_something(text: str, catalog: AssetGraph) -> None:
    assert select(text, catalog, Look())
