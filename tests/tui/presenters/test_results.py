"""What an intervention did, as lines."""

from __future__ import annotations

import pytest

from causal_organism.interventions.results import EFFECTIVE, HARMFUL, INCONCLUSIVE, NO_EFFECT
from tui.demo.proposals import pilot_result
from tui.presenters.results import result_lines


@pytest.mark.parametrize(
    ("verdict", "tone"), [(EFFECTIVE, "ok"), (HARMFUL, "bad"), (INCONCLUSIVE, "warn"), (NO_EFFECT, "")]
)
def test_a_verdict_has_the_tone_of_what_it_says(verdict: str, tone: str) -> None:
    first = result_lines({**pilot_result("298"), "verdict": verdict}, "", 90)[0]
    assert (verdict, tone) in first


def test_without_a_verdict_there_is_a_question_mark() -> None:
    assert ("?", "") in result_lines({"verdict": None}, "", 90)[0]
