"""Managers of a roster that may be wrong: nobody's id, the person's own, or a circle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from causal_organism.network.identities import fold_id
from causal_organism.organism.files.tables import Table
from causal_organism.organism.imports.reading import Notice

_SHOWN = 6


def manager_notices(
    values: Mapping[str, Sequence[Any]], order: Sequence[int], table: Table, column: int
) -> list[Notice]:
    """One notice per row whose manager is unknown or the person, and one per circle, at its first row.

    `order`: rows by id and start; a person's last one says who the manager is now.
    """
    ids, managers = values["id"], values["manager"]
    known = {fold_id(each): each for each in ids}
    people = set(ids)
    notices = []
    for row, (person, manager) in enumerate(zip(ids, managers, strict=True)):
        if manager is None:
            continue
        if manager == person:
            notices.append(_notice("own-manager", f"{person} is their own manager", row, table, column))
        elif manager not in people:
            near = known.get(fold_id(manager))
            what = f"the manager {manager} of {person} is not in the roster" + (f"; {near} is" if near else "")
            notices.append(_notice("unknown-manager", what, row, table, column))
    last = {ids[row]: row for row in order}
    circles = _circles({person: managers[row] for person, row in last.items()})
    for circle in circles:
        row = min(last[person] for person in circle)
        start = circle.index(ids[row])
        path = [*circle[start:], *circle[:start], ids[row]]
        shown = path if len(path) <= _SHOWN else [*path[:_SHOWN], f"… {len(path) - _SHOWN} more"]
        what = f"managers go round in a circle: {' -> '.join(shown)}"
        notices.append(_notice("manager-cycle", what, row, table, column))
    return notices


def _notice(code: str, text: str, row: int, table: Table, column: int) -> Notice:
    return Notice(code=code, line=table.numbers[row], column=column + 1, text=text)


def _circles(manager_of: Mapping[str, str | None]) -> list[list[str]]:
    """People who are each other's managers in a round, from two on; each round once."""
    done: set[str] = set()
    circles = []
    for start in manager_of:
        path: list[str] = []
        places: dict[str, int] = {}
        person: str | None = start
        while person is not None and person not in done and person not in places:
            places[person] = len(path)
            path.append(person)
            person = manager_of.get(person)
        if person is not None and person in places and len(path) - places[person] > 1:
            circles.append(path[places[person] :])
        done.update(path)
    return circles
