"""Content of versions, whichever store has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from causal_organism.assets.definitions import SOURCE
from causal_organism.assets.keys import label_of
from causal_organism.assets.versions import Version
from causal_organism.engine.frames import frame_of_arrays, is_arrays
from causal_organism.errors import DamagedValueError, RetiredValueError
from causal_organism.ports import Engine


def load_value(organism: Engine, version: Version) -> Any:
    """The value of one version, as it was given. Raises RetiredValueError, DamagedValueError."""
    _check_kept(version)
    with _named(organism, version):
        if version.value.get("store") is None and version.key in organism.sources:
            return organism.sources[version.key].load(version.value, version.fingerprint)
        return organism.values.load(version.value, content_fingerprint(version))


def load_given(organism: Engine, version: Version) -> Any:
    """As authors read it: what the catalog's assets give each other as arrays is a DataFrame by `id`."""
    return given(organism, version.key, load_value(organism, version))


def given(organism: Engine, key: str, value: Any) -> Any:
    """A value of this asset, as authors read it."""
    if key not in organism.graph or not organism.graph[key].is_builtin or not is_arrays(value):
        return value
    return frame_of_arrays(value)


def load_readable(organism: Engine, version: Version) -> Any:
    """As `load_value`; None where the content is not kept, missing or damaged."""
    try:
        return load_value(organism, version)
    except (RetiredValueError, DamagedValueError):
        return None


def load_values(organism: Engine, versions: Sequence[Version]) -> list[Any]:
    """The values of many versions of derived assets, in few reads. Raises RetiredValueError, DamagedValueError."""
    for version in versions:
        _check_kept(version)
    return organism.values.load_many([(each.value, content_fingerprint(each)) for each in versions])


def load_rows(organism: Engine, version: Version) -> tuple[list[str], list[list[Any]]] | None:
    """(columns, rows) of one version, `id` first; None where the value is plain JSON."""
    _check_kept(version)
    with _named(organism, version):
        if version.value.get("store") is None and version.key in organism.sources:
            return organism.sources[version.key].rows(version.value, version.fingerprint)
        return organism.values.rows(version.value, content_fingerprint(version))


def load_table(organism: Engine, version: Version) -> Any | None:
    """One version as an Arrow table with true types, for files; None where the value is plain JSON."""
    _check_kept(version)
    with _named(organism, version):
        if version.value.get("store") is None and version.key in organism.sources:
            import pyarrow as pa

            found = organism.sources[version.key].rows(version.value, version.fingerprint)
            if found is None:
                return None
            names, rows = found
            return pa.table({name: [row[at] for row in rows] for at, name in enumerate(names)})
        newest = organism.ledger.versions(version.key, version.partition, limit=1)
        known = next(((each.value, content_fingerprint(each)) for each in newest if each.kept), None)
        return organism.values.table(version.value, content_fingerprint(version), known=known)


def is_intact(organism: Engine, version: Version) -> bool:
    """Whether the content of a kept version is where it should be, by its name and size."""
    return not organism.values.damaged([(version.value, content_fingerprint(version))])


def content_fingerprint(version: Version) -> str:
    """What the content is stored under; differs from the version's where a source names its own versions."""
    return str(version.value.get("content", version.fingerprint))


@contextmanager
def _named(organism: Engine, version: Version) -> Iterator[None]:
    """An error about content says whose it is, and who can make it again."""
    try:
        yield
    except DamagedValueError as error:
        key, hint = version.key, error.hint
        mending = organism.sources[key].mending() if key in organism.sources else None
        if mending is not None:
            hint = mending
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
