"""What an act leads to, in the lines of a dialog."""

from __future__ import annotations

from collections.abc import Iterable

from causal_organism.wording.consequences import Sentence
from tui.presenters.lines import Line, line


def lines_of(told: Iterable[Sentence]) -> tuple[Line, ...]:
    """A line per sentence; the dialog folds them."""
    return tuple(line((each.text, each.tone)) for each in told)
