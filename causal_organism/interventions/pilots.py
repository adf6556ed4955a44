"""A randomised pilot by team: how large, how long, how it is read, and the lot that says who goes first."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from causal_organism.documents.proposals import PilotPlan

WEEKS_BEFORE = 8
DURATIONS = (4, 6, 8, 12)
ENOUGH_POWER = 0.80
HELD_OUT_SHARE = 0.5  # of the teams; more than the fifth that must be, because halves say most
LEAST_HELD_OUT_SHARE = 0.2
ALIKE_IN_TEAM = 0.05  # assumed correlation of colleagues' weeks


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilot:
    """`power`: chance to tell a change as large as expected from none. `error`: standard error of what it will measure.
    Both are None where the outcome's spread is unknown."""

    teams: int
    held_out: int
    weeks: int
    power: float | None
    error: float | None

    def document(self, outcome: str) -> PilotPlan:
        return {
            "unit": "team", "teams": self.teams, "treated": self.teams - self.held_out, "held_out": self.held_out,
            "weeks": self.weeks, "weeks_before": WEEKS_BEFORE,
            "power": None if self.power is None else round(self.power, 3),
            "read_out": f"{outcome} per person and week: the mean of the pilot's weeks less that of the {WEEKS_BEFORE}"
            " weeks before, of teams with it less that of teams without, error by team, 95 % interval",
            "changes_our_mind": "an interval that includes no change, or any that is a harm",
        }  # fmt: skip


def plan_pilot(
    *, teams: int, people: int, expected: float, week_sd: float, held_out_share: float = HELD_OUT_SHARE
) -> Pilot:
    """The shortest of 4, 6, 8 and 12 weeks that has a power of 80 %; 12 if none has.

    `expected`: change per person and week. `week_sd`: of one person's weekly outcome.
    """
    held_out = max(round(teams * held_out_share), math.ceil(teams * LEAST_HELD_OUT_SHARE))
    if not (week_sd > 0 and math.isfinite(week_sd)):
        return Pilot(teams=teams, held_out=held_out, weeks=DURATIONS[-1], power=None, error=None)
    of_team = people / teams
    spread = week_sd**2 * (1 + (of_team - 1) * ALIKE_IN_TEAM) / of_team * (1 / held_out + 1 / (teams - held_out))
    for weeks in DURATIONS:
        error = math.sqrt(spread * (1 / weeks + 1 / WEEKS_BEFORE))
        power = 0.5 * math.erfc((1.96 - abs(expected) / error) / math.sqrt(2))
        if power >= ENOUGH_POWER:
            break
    return Pilot(teams=teams, held_out=held_out, weeks=weeks, power=power, error=error)


def draw_lots(teams: Sequence[str], *, held_out: int, seed: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(teams with the change, teams without), each in order of name; the same for the same seed."""
    order = sorted(teams)
    random.Random(seed).shuffle(order)
    return tuple(sorted(order[held_out:])), tuple(sorted(order[:held_out]))
