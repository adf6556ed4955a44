"""States that task runs went through: read only of tasks that were tried again, and once of those that have ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from causal_organism.stores.prefect.api import PrefectApi
from causal_organism.stores.prefect.documents import Row, tried_again

MOST_READ = 20
"""Requests for one answer; the trails of further tasks come with the next one."""

_MOST_KEPT = 500
_ENDED = ("COMPLETED", "FAILED", "CANCELLED", "CRASHED")


class TaskTrails:
    """Trails by the id of a task run; those of ended ones are kept, so that looking on costs no request."""

    def __init__(self, api: PrefectApi):
        self._api = api
        self._kept: dict[str, tuple[Row, ...]] = {}

    def of(self, tasks: Sequence[Row]) -> Mapping[str, Sequence[Row]]:
        """Of those of `tasks` that belong to a name with several tries."""
        asked = tried_again(tasks)
        found = {row["id"]: kept for row in asked if (kept := self._kept.get(_state_of(row))) is not None}
        for row in [each for each in asked if each["id"] not in found][:MOST_READ]:
            found[row["id"]] = tuple(self._api.read(f"/task_run_states/?task_run_id={row['id']}"))
            if row.get("state_type") in _ENDED and any(each["id"] == row.get("state_id") for each in found[row["id"]]):
                self._keep(row, found[row["id"]])
        return found

    def _keep(self, row: Row, trail: tuple[Row, ...]) -> None:
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()  # they are read once more
        self._kept[_state_of(row)] = trail


def _state_of(row: Row) -> str:
    """What a trail is kept by: with another last state it has become longer."""
    return str(row.get("state_id") or row["id"])
