"""The page about the architecture says what the contracts and the code say."""

from __future__ import annotations

import re

import pytest

from tests.architecture.picture import PAGE, ROOT, drawn, picture


def test_the_picture_is_drawn_from_the_contracts() -> None:
    assert drawn(PAGE.read_text()) == picture(), "python -m tests.architecture.picture draws it anew"


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(\.\./([^)#]+)\)", PAGE.read_text()))))
def test_every_link_leads_to_a_file(link: str) -> None:
    assert (ROOT / link).exists()
