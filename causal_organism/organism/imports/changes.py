"""What an import changes in what was there: people or rows that come, go, or say something else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from causal_organism.documents.imports import ChangedRows
from causal_organism.errors import RefusedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHOWN = 20
REMOVES_MUCH = "removes-much"

Table = Mapping[str, "NDArray[Any]"]
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableChanges:
    """Keys in order: ids of people, or (id, week) of outcomes. `changed`: rows that say something else, or are new
    beside others of the same person. `before`: how many keys there were."""

    before: int
    added: tuple[Key, ...] = ()
    removed: tuple[Key, ...] = ()
    changed: tuple[Key, ...] = ()

    @property
    def removed_share(self) -> float:
        return len(self.removed) / self.before if self.before else 0.0

    def to_document(self) -> ChangedRows:
        return {
            "added": len(self.added),
            "removed": len(self.removed),
            "changed_rows": len(self.changed),
            "added_examples": _first(self.added),
            "removed_examples": _first(self.removed),
            "changed_rows_examples": _first(self.changed),
        }


def compare(was: Table | None, now: Table, keys: tuple[str, ...]) -> TableChanges:
    """`keys`: the columns that name a person or row. Cost: both tables, once."""
    before, after = (_rows_by_key(each, keys) if each is not None else {} for each in (was, now))
    return TableChanges(
        before=len(before),
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        changed=tuple(sorted(key for key in after.keys() & before.keys() if after[key] != before[key])),
    )


def refuse_large_removal(changes: TableChanges, what: str, name: str, most_removed: float) -> None:
    """Raises RefusedError (`removes-much`) where more than a share of what is there would go."""
    if changes.removed_share <= most_removed:
        return
    first = ", ".join(" ".join(key) for key in changes.removed[:5])
    raise RefusedError(
        f"{name} would remove {len(changes.removed)} of {changes.before} {what} ({changes.removed_share:.0%}; at most "
        f"{most_removed:.0%} may go): {first}{', …' if len(changes.removed) > 5 else ''}; nothing of it was taken in",
        hint=f"if that is meant: --yes, or --most-removed {_rounded_up(changes.removed_share)}",
        code=REMOVES_MUCH,
    )


def _first(keys: Sequence[Key]) -> list[str]:
    return [" ".join(key) for key in keys[:SHOWN]]


def _rounded_up(share: float) -> str:
    return f"{min(1.0, int(share * 100 + 1) / 100):g}"


def _rows_by_key(table: Table, keys: tuple[str, ...]) -> dict[Key, list[dict[str, Any]]]:
    """What every key's rows say; a column in which they say nothing is as one that is not there."""
    columns = {name: values.tolist() for name, values in table.items()}
    found: dict[Key, list[dict[str, Any]]] = {}
    for row, key in enumerate(zip(*(columns[name] for name in keys), strict=True)):
        said = {name: values[row] for name, values in columns.items() if not _is_nothing(values[row])}
        found.setdefault(tuple(map(str, key)), []).append(said)
    return found


def _is_nothing(value: Any) -> bool:
    return value is None or value != value
