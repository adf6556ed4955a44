"""Content of versions, whichever store has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from causal_organism.assets.contents import AtBatch, Content, Stored
from causal_organism.assets.definitions import DERIVED, SOURCE
from causal_organism.assets.keys import AssetRef, label_of
from causal_organism.assets.versions import Head, Version
from causal_organism.engine.frames import frame_of_arrays, is_arrays
from causal_organism.errors import DamagedValueError, RetiredValueError, StoreError
from causal_organism.ports import BatchSource, Engine


def load_value(organism: Engine, version: Version) -> Any:
    """The value of one version, as it was given. Raises RetiredValueError, DamagedValueError."""
    _check_kept(version)
    with _named(organism, version):
        return load_content(organism, version.key, version.content)


def load_content(organism: Engine, key: str, content: Content) -> Any:
    """The value of an asset that lies there. Raises DamagedValueError."""
    if isinstance(content, AtBatch):
        return batch_source(organism, key).load(content)
    return organism.values.load(content)


def batch_source(organism: Engine, key: str) -> BatchSource:
    """The source whose versions are batches. Raises StoreError where this deployment has none."""
    source = organism.sources.get(key)
    if not isinstance(source, BatchSource):
        raise StoreError(f"{key} is a source of the platform, which this deployment does not have")
    return source


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
    return organism.values.load_many([stored_content(each) for each in versions])


def load_rows(organism: Engine, version: Version) -> tuple[list[str], list[list[Any]]] | None:
    """(columns, rows) of one version, `id` first; None where the value is plain JSON."""
    _check_kept(version)
    with _named(organism, version):
        if isinstance(version.content, AtBatch):
            return batch_source(organism, version.key).rows(version.content)
        return organism.values.rows(version.content)


def load_table(organism: Engine, version: Version) -> Any | None:
    """One version as an Arrow table with true types, for files; None where the value is plain JSON."""
    _check_kept(version)
    with _named(organism, version):
        if isinstance(version.content, AtBatch):
            import pyarrow as pa

            names, rows = batch_source(organism, version.key).rows(version.content)
            return pa.table({name: [row[at] for row in rows] for at, name in enumerate(names)})
        newest = organism.ledger.versions(version.key, version.partition, limit=1)
        known = next((stored_content(each) for each in newest if each.kept), None)
        return organism.values.table(version.content, known=known)


def is_intact(organism: Engine, version: Version) -> bool:
    """Whether the content of a kept version is where it should be, by its name and size."""
    return isinstance(version.content, AtBatch) or not organism.values.damaged([version.content])


def damaged_heads(organism: Engine, heads: Mapping[AssetRef, Head]) -> set[AssetRef]:
    """(key, partition) of the heads of derived assets whose content is not where it should be; one look."""
    contents = {
        ref: content
        for ref, head in heads.items()
        if (spec := organism.graph.specs.get(ref[0])) is not None
        and spec.kind == DERIVED
        and not isinstance(content := head.version.content, AtBatch)
    }
    damaged = organism.values.damaged(tuple(contents.values()))
    return {ref for ref, content in contents.items() if content.name in damaged}


def stored_content(version: Version) -> Stored:
    """The content of a version that is not a batch."""
    content: Content = version.content
    assert not isinstance(content, AtBatch), f"{version.key} is a batch"
    return content


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
        elif key in organism.graph and organism.graph[key].kind == SOURCE and not isinstance(version.content, AtBatch):
            hint = f"organism observe {key} stores what is there now"
        label = f"{label_of(key, version.partition)}@{'rejected' if version.rejected else version.number}"
        raise DamagedValueError(f"{label}: {error.message}", hint=hint) from error


def _check_kept(version: Version) -> None:
    if not version.kept:
        raise RetiredValueError(
            f"the content of {version.key}@{'rejected' if version.rejected else version.number} is no longer kept",
            hint=f"organism versions {version.key} shows what is",
        )
