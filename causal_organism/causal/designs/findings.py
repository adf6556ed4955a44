"""What a design finds out about one treatment and one outcome, before it is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from causal_organism.causal.data.tables import Marks
from causal_organism.causal.declarations.codes import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An effect of one unit of the treatment, with a 95 % interval, and what the checks said.

    `refusals`: nothing may be concluded. `refuted`: checks that failed. `doubts`: why it is at most weak. `notes`:
    worth knowing, without a consequence. `unchecked`: a check that the design's grade rests on could not be made.
    `trimmed`: rows of the sample that were left out by the design, with the reason. `details`: numbers of the checks.
    """

    effect: float = float("nan")
    se: float = float("nan")
    lo: float = float("nan")
    hi: float = float("nan")
    p: float = float("nan")
    refusals: tuple[Reason, ...] = ()
    refuted: tuple[Reason, ...] = ()
    doubts: tuple[Reason, ...] = ()
    notes: tuple[Reason, ...] = ()
    unchecked: bool = False
    confirmed: bool = False  # passed a check that the design could do without, as a negative control
    trimmed: Mapping[Reason, Marks] = field(default_factory=dict)
    details: Mapping[str, float | None] = field(default_factory=dict)


def refused(*reasons: Reason, trimmed: Mapping[Reason, Marks] | None = None) -> Finding:
    """A finding without numbers."""
    return Finding(refusals=tuple(dict.fromkeys(reasons)), trimmed=trimmed or {})


def is_clear(effect: float, se: float) -> bool:
    """Whether there is an effect with an error at all."""
    return bool(np.isfinite(effect) and np.isfinite(se) and se > 0)
