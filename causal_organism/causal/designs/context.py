"""What every check of one outcome in one segment may look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causal_organism.causal.data.rows import StudyRows, is_weekly
from causal_organism.causal.data.samples import Drawn, StudySample
from causal_organism.causal.declarations.codes import Reason
from causal_organism.causal.declarations.declaration import Declaration
from causal_organism.causal.declarations.moments import TimeKind
from causal_organism.causal.within import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyContext:
    """The declaration, all rows, and the rows drawn for one outcome in one segment."""

    declared: Declaration
    study: StudyRows
    drawn: Drawn
    reference: bool = True  # whether other programs are asked for the same

    @property
    def sample(self) -> StudySample:
        return self.drawn.sample

    @property
    def weekly(self) -> bool:
        return is_weekly(self.study)

    @property
    def notes(self) -> tuple[Reason, ...]:
        """Whether times are missing between those that there are."""
        steps = np.unique(self.sample.when)
        return (Reason.GAPS,) if (len(steps) > 1 and (np.diff(steps) > 1).any()) or _every_other(self) else ()

    def too_few(self, *, clusters: int, weeks: int = 0, periods: int = 0) -> tuple[Reason, ...]:
        """What the sample has less of than a design asks for: units, clusters, and weeks or other times."""
        sample, found = self.sample, []
        if sample.units < self.declared.min_group:
            found.append(Reason.SMALL_GROUP)
        if sample.clusters < clusters:
            found.append(Reason.FEW_CLUSTERS)
        if sample.periods < (weeks if self.weekly else periods):
            found.append(Reason.FEW_WEEKS)
        return tuple(found)

    def values(self, column: str, sample: StudySample) -> Floats | None:
        """A column on the rows of a sample, not-a-number where it is unknown; None if there is no such column."""
        found = self.study.numbers.get(column)
        if found is None:
            return None
        values = np.where(self.study.implausible[column], np.nan, found.values)
        taken: Floats = values[sample.rows]
        return taken


def _every_other(context: StudyContext) -> bool:
    """Weeks that are two or more apart throughout."""
    times = context.study.times
    if times is None or times.kind is not TimeKind.WEEK:
        return False
    weeks = np.unique(context.sample.moments)
    return len(weeks) > 1 and float(np.diff(weeks).min()) > 1
