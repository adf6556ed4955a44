"""Whom a proposal may be about: groups of people that are large enough, each person in at most one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

CONNECTOR_QUANTILE = 0.95

TEAM, ROLE_AT_SITE, ROLE = "team", "role at site", "role"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A group and the rows of the effects that it takes in. `left_out`: connectors that are of it but not in it."""

    kind: str
    name: str
    rows: NDArray[np.int64]
    left_out: int


def choose_targets(
    ids: NDArray[np.str_],
    eligible: NDArray[np.bool_],
    connector: NDArray[np.bool_],
    people: Mapping[str, NDArray[Any]],
    *,
    min_group: int,
) -> tuple[Target, ...]:
    """Teams first, then roles at one site, then roles, of at least `min_group` eligible people who are in none before.

    Smaller groups are never named, because what is said of them would be said of persons.
    """
    team, role, site = (_of_person(ids, people, name) for name in ("team", "role", "site"))
    at_site = np.array([f"{one} in {other}" if one and other else "" for one, other in zip(role, site, strict=True)])
    free = eligible & ~connector
    targets: list[Target] = []
    for kind, names in ((TEAM, team), (ROLE_AT_SITE, at_site), (ROLE, role)):
        for name in sorted(set(names.tolist()) - {""}):
            rows = np.flatnonzero(free & (names == name))
            if len(rows) >= min_group:
                left_out = int((eligible & connector & (names == name)).sum())
                targets.append(Target(kind=kind, name=name, rows=rows, left_out=left_out))
                free[rows] = False
    return tuple(targets)


def find_connectors(ids: NDArray[np.str_], betweenness: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
    """People on more shortest paths than 95 % of the others: to cut their meetings may cut the network."""
    values = of_person(ids, betweenness, "betweenness")
    known = values[np.isfinite(values)]
    if not len(known):
        return np.zeros(len(ids), dtype=bool)
    return np.asarray(np.nan_to_num(values, nan=-np.inf) > np.quantile(known, CONNECTOR_QUANTILE), dtype=bool)


def of_person(ids: NDArray[np.str_], table: Mapping[str, NDArray[Any]], column: str) -> NDArray[np.float64]:
    """A number per person in order of `ids`; not-a-number for those who are not in the table."""
    found = dict(zip(table["id"].astype(str).tolist(), table[column].tolist(), strict=True)) if column in table else {}
    return np.array([np.nan if (value := found.get(each)) is None else float(value) for each in ids.tolist()])


def _of_person(ids: NDArray[np.str_], people: Mapping[str, NDArray[Any]], column: str) -> NDArray[np.str_]:
    if column not in people:
        return np.full(len(ids), "")
    found = dict(zip(people["id"].astype(str).tolist(), people[column].tolist(), strict=True))
    return np.array([str(found.get(each) or "") for each in ids.tolist()])
