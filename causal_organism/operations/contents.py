"""Content of versions, whichever store has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from causal_organism.assets.versions import Version
from causal_organism.errors import RetiredValueError
from causal_organism.ports import Organism


def load_value(organism: Organism, version: Version) -> Any:
    """The value of one version, as it was given. Raises RetiredValueError, DamagedValueError."""
    _check_kept(version)
    if version.value.get("store") is None and version.key in organism.sources:
        return organism.sources[version.key].load(version.value, version.fingerprint)
    return organism.values.load(version.value, content_fingerprint(version))


def load_values(organism: Organism, versions: Sequence[Version]) -> list[Any]:
    """The values of many versions of derived assets, in few reads. Raises RetiredValueError, DamagedValueError."""
    for version in versions:
        _check_kept(version)
    return organism.values.load_many([(each.value, content_fingerprint(each)) for each in versions])


def load_rows(organism: Organism, version: Version) -> tuple[list[str], list[list[Any]]] | None:
    """(columns, rows) of one version, `id` first; None where the value is plain JSON."""
    _check_kept(version)
    if version.value.get("store") is None and version.key in organism.sources:
        rows: tuple[list[str], list[list[Any]]] = organism.sources[version.key].rows(version.value, version.fingerprint)
        return rows
    return organism.values.rows(version.value, content_fingerprint(version))


def content_fingerprint(version: Version) -> str:
    """What the content is stored under; differs from the version's where a source names its own versions."""
    return str(version.value.get("content", version.fingerprint))


def _check_kept(version: Version) -> None:
    if not version.kept:
        raise RetiredValueError(
            f"the content of {version.key}@{'rejected' if version.rejected else version.number} is no longer kept",
            hint=f"organism versions {version.key} shows what is",
        )
