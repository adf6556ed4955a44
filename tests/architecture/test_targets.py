"""Every test belongs to one target of the Makefile, whatever its marks."""

from __future__ import annotations

import re
from itertools import product

import pytest

from tests.architecture.picture import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
MARK = "(?:not )?(?:servers|large|long)"
EXPRESSIONS = set(re.findall(rf'-m "?({MARK}(?: and {MARK})*)', MAKEFILE))


@pytest.mark.parametrize("marks", list(product((False, True), repeat=3)), ids=str)
def test_a_test_is_run_by_one_target(marks: tuple[bool, ...]) -> None:
    has = dict(zip(("servers", "large", "long"), marks, strict=True))
    assert len([each for each in EXPRESSIONS if eval(each, {}, has)]) == 1


def test_the_whole_check_runs_each_target_but_the_long_one() -> None:
    assert re.search(r"(?m)^check:.*\n.*MAKE\).* unit large homes stores$", MAKEFILE)
    assert "make test" in (ROOT / ".ci" / "run").read_text()
