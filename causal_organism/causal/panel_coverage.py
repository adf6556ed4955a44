"""Which weeks of a person were seen: what was not is unknown, and not 0.

Nobody says when a calendar was not taken in, when somebody was away or a site had a holiday; where they do, by columns
of the outcomes (AWAY, CALENDAR), that is taken. Else it shows in what a person usually does: a week with hardly any
interactions, or without a meeting where there always are some, is a week that was not seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Marks = NDArray[np.bool_]

AWAY = ("pto_days", "holiday_days")  # days of the week
CALENDAR = "calendar_coverage"  # share of the week that the calendar was seen
CONTEXT = (*AWAY, CALENDAR)
ON_CALL = "oncall_days"  # days of the week; held equal, as it moves meetings and what is done beside them
MOST_HOURS = 80.0
LEAST_AWAY_DAYS = 0.5
LEAST_CALENDAR = 0.9
LEAST_OF_USUAL = 0.4
LEAST_USUAL = 8.0  # interactions a week, below which a quiet week says nothing
LEAST_MEETINGS = (
    2.0  # a week, on average; to leave out a true 0 costs a row and moves no effect, as it is the treatment's
)
LEAST_OF_SITE, SITE_PEOPLE, NEAR_WEEKS = 0.85, 30, 3

NOT_COVERED, IMPLAUSIBLE = "not-covered", "implausible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Arrays people x weeks: interactions in either direction, meetings and their hours, and whether employed."""

    interactions: Floats
    meetings: Floats
    hours: Floats
    employed: Marks
    site: Ints  # code of each person


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """`coverage`: share of the person's usual week that was seen. `away`: outcomes of the week are unknown too.
    `reasons`: why the hours of a week are unknown; empty where they are known."""

    coverage: Floats
    away: Marks
    reasons: NDArray[np.str_]


def judge_coverage(seen: Seen, declared: dict[str, Floats]) -> Coverage:
    """`declared`: the columns of CONTEXT that there are, people x weeks; not-a-number: not said."""
    usual = _usual(seen)
    share = np.minimum(seen.interactions / np.maximum(usual, 1.0)[:, None], 1.0)
    coverage = np.where(seen.interactions > 0, np.where(usual[:, None] >= LEAST_USUAL, share, 1.0), 0.0)
    away = (coverage < LEAST_OF_USUAL) | _site_quiet(seen)
    for name in AWAY:
        if name in declared:
            away |= np.nan_to_num(declared[name]) >= LEAST_AWAY_DAYS
    unseen = away | _no_meetings(seen)
    if CALENDAR in declared:
        unseen |= np.nan_to_num(declared[CALENDAR], nan=1.0) < LEAST_CALENDAR
    reasons = np.where(unseen, NOT_COVERED, np.where(seen.hours > MOST_HOURS, IMPLAUSIBLE, ""))
    return Coverage(coverage=coverage, away=away, reasons=reasons)


def _usual(seen: Seen) -> Floats:
    """Median interactions of each person's weeks with any."""
    active = np.where(seen.employed & (seen.interactions > 0), seen.interactions, np.nan)
    usual = np.zeros(len(active))
    some = np.isfinite(active).any(axis=1)
    usual[some] = np.nanmedian(active[some], axis=1)
    return usual


def _no_meetings(seen: Seen) -> Marks:
    """Weeks without a meeting of people who have many in every other."""
    held = (seen.meetings > 0) & seen.employed
    mean = np.where(held, seen.meetings, 0.0).sum(axis=1) / np.maximum(held.sum(axis=1), 1)
    return np.asarray(~(seen.meetings > 0) & (mean >= LEAST_MEETINGS)[:, None], dtype=bool)


def _site_quiet(seen: Seen) -> Marks:
    """Weeks in which a whole site did much less, per head, than in the weeks around: a holiday, or an outage.

    Per head and against the weeks near it, so that an organisation that grows loses no week.
    """
    quiet = np.zeros(seen.interactions.shape, dtype=bool)
    for site in np.unique(seen.site):
        inside = seen.site == site
        heads = seen.employed[inside].sum(axis=0)
        each = np.where(seen.employed[inside], seen.interactions[inside], 0.0).sum(axis=0) / np.maximum(heads, 1)
        for week in range(len(each)):
            near = [place for place in range(week - NEAR_WEEKS, week + NEAR_WEEKS + 1) if 0 <= place < len(each)]
            around = [each[place] for place in near if place != week and each[place] > 0]
            if len(around) >= NEAR_WEEKS and heads[week] >= SITE_PEOPLE:
                quiet[inside, week] = each[week] < LEAST_OF_SITE * float(np.median(around))
    return quiet
