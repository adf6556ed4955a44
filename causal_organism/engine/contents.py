"""Content of versions, whichever store has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from causal_organism.assets.definitions import SOURCE
from causal_organism.assets.keys import label_of
from causal_organism.assets.versions import Version
from causal_organism.errors import DamagedValueError, RetiredValueError
from causal_organism.ports import Organism

IMPORTED = ("people", "outcomes")
"""Sources whose content people hand in."""


def load_value(organism: Organism, version: Version) -> Any:
    """The value of one version, as it was given. Raises RetiredValueError, DamagedValueError."""
    _check_kept(version)
    with _named(organism, version):
        if version.value.get("store") is None and version.key in organism.sources:
            return organism.sources[version.key].load(version.value, version.fingerprint)
        return organism.values.load(version.value, content_fingerprint(version))


def load_readable(organism: Organism, version: Version) -> Any:
    """As `load_value`; None where the content is not kept, missing or damaged."""
    try:
        return load_value(organism, version)
    except (RetiredValueError, DamagedValueError):
        return None


def load_values(organism: Organism, versions: Sequence[Version]) -> list[Any]:
    """The values of many versions of derived assets, in few reads. Raises RetiredValueError, DamagedValueError."""
    for version in versions:
        _check_kept(version)
    return organism.values.load_many([(each.value, content_fingerprint(each)) for each in versions])


def load_rows(organism: Organism, version: Version) -> tuple[list[str], list[list[Any]]] | None:
    """(columns, rows) of one version, `id` first; None where the value is plain JSON."""
    _check_kept(version)
    with _named(organism, version):
        if version.value.get("store") is None and version.key in organism.sources:
            return organism.sources[version.key].rows(version.value, version.fingerprint)
        return organism.values.rows(version.value, content_fingerprint(version))


def is_intact(organism: Organism, version: Version) -> bool:
    """Whether the content of a kept version is where it should be, by its name and size."""
    return organism.values.intact(version.value, content_fingerprint(version))


def content_fingerprint(version: Version) -> str:
    """What the content is stored under; differs from the version's where a source names its own versions."""
    return str(version.value.get("content", version.fingerprint))


@contextmanager
def _named(organism: Organism, version: Version) -> Iterator[None]:
    """An error about content says whose it is, and who can make it again."""
    try:
        yield
    except DamagedValueError as error:
        key, hint = version.key, error.hint
        if key in IMPORTED and key in organism.sources:
            hint = f"organism import {key} FILE, with the file of that import, stores it again"
        elif key in organism.graph and organism.graph[key].kind == SOURCE and "store" in version.value:
            hint = f"organism observe {key} stores what is there now"
        label = f"{label_of(key, version.partition)}@{'rejected' if version.rejected else version.number}"
        raise DamagedValueError(f"{label}: {error.message}", hint=hint) from error


def _check_kept(version: Version) -> None:
    if not version.kept:
        raise RetiredValueError(
            f"the content of {version.key}@{'rejected' if version.rejected else version.number} is no longer kept",
            hint=f"organism versions {version.key} shows what is",
        )
