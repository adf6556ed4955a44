"""Study files: what is understood, and what is refused with its line and the nearest right thing."""

from __future__ import annotations

from pathlib import Path

import pytest

from causal_organism.causal.declarations.codes import DesignKind, Direction, Reason, Verdict
from causal_organism.causal.declarations.declaration import DataColumns, Limits, Outcome, Treatment
from causal_organism.causal.declarations.identification import declared_problems
from causal_organism.causal.declarations.parsing import parse_study
from causal_organism.causal.declarations.words import GRADE_WORDS, REASON_WORDS, VERDICT_WORDS
from causal_organism.errors import StudyFileError
from tests.causal.designs.conftest import Run
from tests.causal.designs.worlds import WITHIN_TEAMS, working_weeks

WHOLE = """[data]
unit = "id"
time = "week"
cluster = "team"
segment = "role"
[design]
kind = "within"
confounders = ["load"]
[treatment.meetings]
column = "meet"
contrast = -2
source = "calendar"
reliability = 0.8
[outcome.focus]
column = "focus"
unit = "h"
direction = "up"
least = 0.5
source = "code"
guardrail = true
[checks]
negative_outcomes = ["height"]
negative_treatments = ["weather"]
[limits]
hours = 120.5
people = 80
per_team = 1
proposals = 4
"""


def test_everything_that_a_file_can_say_is_understood() -> None:
    found = parse_study(WHOLE)
    assert found.data == DataColumns(unit="id", time="week", cluster="team", segment="role")
    assert (found.kind, found.confounders) == (DesignKind.WITHIN, ("load",))
    assert found.treatments == (
        Treatment(name="meetings", column="meet", contrast=-2.0, source="calendar", reliability=0.8),
    )
    assert found.outcomes == (
        Outcome(
            name="focus", column="focus", unit="h", direction=Direction.UP, least=0.5, source="code", guardrail=True
        ),
    )
    assert (found.negative_outcomes, found.negative_treatments) == (("height",), ("weather",))
    assert found.limits == Limits(hours=120.5, people=80, per_team=1, proposals=4)
    assert parse_study(WHOLE.partition("[limits]")[0]).limits == Limits(proposals=20)


@pytest.mark.parametrize(
    ("line", "instead", "message", "hint"),
    [
        ('unit = "id"', 'unti = "id"', "line 2: [data] has the unknown key 'unti'", "unit"),
        ("[checks]", "[cheks]", "line 21: it has the unknown key 'cheks'", "checks"),
        ('kind = "within"', 'kind = "witin"', "line 7: 'witin' is not a kind of design", "within"),
        ('kind = "within"', "", "line 6: [design] has no kind", "randomised"),
        ("contrast = -2", "contrast = 0", "line 11: contrast", None),
        ("contrast = -2", 'contrast = "two"', "line 11: contrast is a number", None),
        ("reliability = 0.8", "reliability = 1.5", "line 13: reliability", None),
        ('direction = "up"', 'direction = "higher"', "line 17: 'higher' is not a direction", "up or down"),
        ("least = 0.5", "least = -1", "line 18: least", None),
        ("guardrail = true", 'guardrail = "yes"', "line 20: guardrail is true or false", None),
        ('column = "meet"', "", "line 9: [treatment.meetings] has no column", "column"),
        ('column = "focus"', 'colum = "focus"', "line 15: [outcome.focus] has the unknown key 'colum'", "column"),
        ('["load"]', '"load"', "line 8: confounders is a list of columns", None),
        ('["load"]', '["focus"]', "line 8: focus is an outcome and a confounder", None),
        ('column = "meet"', 'column = "focus"', "line 10: focus is treatment and outcome", None),
        ('time = "week"', "", "line 1: a within design follows units over time", "unit and time"),
        ('kind = "within"', 'kind = "policy"', "line 9: a policy needs its date", "from"),
        ("hours = 120.5", "hours = 0", "line 25: hours is what all proposals may change together", None),
        ("people = 80", "people = 0", "line 26: people is a count of at least 1", None),
        ("per_team = 1", "per_team = 1.5", "line 27: per_team is a count of at least 1", None),
        ("proposals = 4", "proposal = 4", "line 28: [limits] has the unknown key 'proposal'", "proposals"),
        ("[treatment.meetings]", '[treatment." "]', "treatment needs a name, as in [treatment.NAME]", None),
        ("[outcome.focus]", "[outcome]", "outcome needs a name, as in [outcome.NAME]", None),
        ("[design]", "[design", "is not TOML", None),
        ("[design]", f"deep = {'[' * 5000}{']' * 5000}\n[design]", "nested too deep", None),
        ("contrast = -2", f"contrast = {'9' * 5000}", "is not TOML: Exceeds the limit", None),
        ("contrast = -2", f"contrast = {'9' * 400}", "line 11: contrast is a number of at most 1e+15", None),
        ("contrast = -2", "contrast = -inf", "line 11: contrast is a number of at most 1e+15, not -inf", None),
        ("least = 0.5", "least = nan", "line 18: least is a number", None),
        ("people = 80", f"people = {'9' * 400}", "line 26: people is a count of at least 1, and at most", None),
        ("contrast = -2", 'from = "yesterday"', "line 11: from is a time", None),
        ("contrast = -2", 'from = "2025-W53"', "line 11: from is a time: a number, an ISO week or a date", None),
        ("contrast = -2", "from = nan", "line 11: from is a time", None),
        ("contrast = -2", "from = true", "line 11: from is a time", None),
        ('["height"]', '["focus"]', "line 22: focus is an outcome and a negative control", None),
        ('["height"]', '["meet"]', "line 22: meet is a treatment and a negative control", None),
        ('["weather"]', '["meet"]', "line 23: meet is a treatment and a negative control", None),
        ('kind = "within"', 'kind = "within"\ndiagram = "meet => focus"', "line 8: line 1 of the causal", None),
        (
            'kind = "within"',
            'kind = "within"\ndiagram = "meet -> focus   focus -> load   load -> meet"',
            "line 8: the diagram goes in a circle",
            None,
        ),
        (
            'kind = "within"',
            'kind = "within"\ndiagram = "meat -> focus"',
            "line 8: the diagram has no meet",
            "meat",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_was_meant(
    line: str, instead: str, message: str, hint: str | None
) -> None:
    with pytest.raises(StudyFileError) as refused:
        parse_study(WHOLE.replace(line, instead, 1))
    assert message in refused.value.message
    assert hint is None or hint in (refused.value.hint or "")


def test_a_treatment_and_an_outcome_of_one_source_are_refused(run: Run) -> None:
    declared = WITHIN_TEAMS.replace('column = "meet"', 'column = "meet"\nsource = "calendar"')
    declared = declared.replace('column = "focus"', 'column = "focus"\nsource = "calendar"')
    (found,) = run(working_weeks(1), declared)["estimates"]
    assert (found["verdict"], found["reasons"], found["effect"]) == ("refused", ["same-source"], None)


@pytest.mark.parametrize(
    ("diagram", "held", "problems"),
    [
        ("load -> meet  load -> focus  meet -> focus", '["load"]', ()),
        ("load -> meet  load -> focus  meet -> focus", "[]", (Reason.NOT_IDENTIFIED,)),
        ("meet -> tired  tired -> focus  meet -> focus", '["tired"]', (Reason.NOT_IDENTIFIED,)),
        ("meet -> mail  focus -> mail  meet -> focus", '["mail"]', (Reason.NOT_IDENTIFIED,)),
        ("id -> meet  id -> focus  week -> meet  week -> focus  meet -> focus", "[]", ()),
    ],
)
def test_a_diagram_decides_whether_what_is_held_equal_suffices(
    diagram: str, held: str, problems: tuple[Reason, ...]
) -> None:
    text = WHOLE.replace('["load"]', held).replace('source = "calendar"', f'source = "x{len(held)}"')
    found = parse_study(text.replace('kind = "within"', f'kind = "within"\ndiagram = "{diagram}"'))
    assert declared_problems(found, found.treatments[0], found.outcomes[0]) == problems


def test_every_code_has_words() -> None:
    assert set(REASON_WORDS) == set(Reason)
    assert set(VERDICT_WORDS) == set(Verdict)
    assert len(GRADE_WORDS) == 4


def test_no_reason_is_outside_of_the_documented_list() -> None:
    page = (Path(__file__).parents[3] / "docs" / "studies.md").read_text()
    assert all(f"| `{reason}` |" in page for reason in Reason)


@pytest.mark.parametrize("moment", ["14", "2026.5", '"2026-W53"', '"2024-02-29"', "2024-02-29", "2026-04-06T10:00:00Z"])
def test_a_policy_may_begin_at_a_number_a_week_or_a_day(moment: str) -> None:
    assert parse_study(WHOLE.replace("contrast = -2", f"from = {moment}")).treatments[0].since is not None
