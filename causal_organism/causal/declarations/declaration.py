"""What a study declares: its data, its design, treatments, outcomes and checks."""

from __future__ import annotations

from dataclasses import dataclass

from causal_organism.causal.declarations.codes import DesignKind, Direction
from causal_organism.causal.diagram import Diagram

Moment = int | float | str
"""A time as the file wrote it: a number, an ISO week or an ISO date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataColumns:
    """Columns that name the rows. unit None: every row is a unit of its own; time None: a cross-section."""

    unit: str | None = None
    time: str | None = None
    cluster: str | None = None  # None: the unit
    segment: str | None = None  # None: everybody together only


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """`contrast`: the change that effects are told for. `adopted`: the column of a unit's first treated time."""

    name: str
    column: str | None
    contrast: float = 1.0
    adopted: str | None = None
    since: Moment | None = None  # written `from`: the date of a policy
    source: str | None = None
    reliability: float | None = None  # share of the column's variance that is signal
    cost_h: float | None = None  # hours that the contrast takes up, per person and week; None: nobody has said


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Without a direction it is undeclared: it is estimated, and blocks proposals that might move it."""

    name: str
    column: str
    unit: str = ""
    direction: Direction | None = None
    least: float | None = None  # smallest change that matters, in its unit
    source: str | None = None
    guardrail: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What all proposals together may take up; None: as much as there is."""

    hours: float | None = None  # of the treatment that are changed, over all weeks of the pilots
    people: int | None = None
    per_team: int | None = None  # proposals that one team is in
    proposals: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A whole study file. `confounders` are columns, or `column^2`; without a diagram they are taken at their word."""

    data: DataColumns
    kind: DesignKind
    confounders: tuple[str, ...] = ()
    treatments: tuple[Treatment, ...]
    outcomes: tuple[Outcome, ...]
    negative_outcomes: tuple[str, ...] = ()
    negative_treatments: tuple[str, ...] = ()
    diagram: Diagram | None = None
    min_group: int = 10
    limits: Limits = Limits()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, in the order of the file, each once."""
        data = (self.data.unit, self.data.time, self.data.cluster, self.data.segment)
        treated = tuple(name for each in self.treatments for name in (each.column, each.adopted))
        outcomes = tuple(each.column for each in self.outcomes)
        held = tuple(base_column(name) for name in self.confounders)
        every = (*data, *treated, *outcomes, *held, *self.negative_outcomes, *self.negative_treatments)
        return tuple(dict.fromkeys(name for name in every if name is not None))


def base_column(confounder: str) -> str:
    """The column that a confounder is made of: `age` for `age^2`."""
    return confounder.removesuffix("^2")
