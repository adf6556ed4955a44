"""What an asset's function may ask for by the parameter `context`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from causal_organism.assets.definitions import AssetSpec
from causal_organism.assets.keys import label_of
from causal_organism.assets.versions import Version
from causal_organism.engine.code.current import declared_settings
from causal_organism.engine.code.files import require_files
from causal_organism.engine.faults import ComputeError
from causal_organism.engine.inputs import InputReader
from causal_organism.engine.requests import Origin
from causal_organism.engine.snapshot import LedgerSnapshot
from causal_organism.engine.unfinished import Sharing, remove_of_other_code, scratch_folder, sharing_of
from causal_organism.errors import OrganismError
from causal_organism.ports import Engine


def _quiet(_text: str) -> None:
    return None


@dataclass(slots=True)
class AssetContext:
    """What an asset's function may ask for by the parameter `context`. `outputs`: the keys to be made now."""

    settings: Mapping[str, Any]
    partition: Mapping[str, str]
    log: Callable[[str], None]
    progress: Callable[[int, int], None]
    inputs: Mapping[str, Version]  # by label; without those that are several partitions at once
    scratch: Path = Path()  # for unfinished work of this asset or partition, by this code; all workers see it
    sharing: Sharing = Sharing()
    resources: Mapping[str, Any] = field(default_factory=dict)  # RESOURCES of the graph's modules, each made once
    outputs: tuple[str, ...] = ()
    partitions: tuple[Mapping[str, str], ...] = ()  # all that this call makes: several with `backfill="one"`
    log_fault: Callable[[str], None] = _quiet  # for the engine: where the function broke
    _metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def share(self) -> Any:
        """Has heavy work of views done in slices (views.share.Share), where unfinished work waits for the next make."""
        from causal_organism.sharing.shared import Shared  # numpy

        return Shared(
            scratch=self.scratch, mapper=self.sharing.mapper(), more=self.sharing.budget, progress=self.progress
        )

    def metadata(self, **values: Any) -> None:
        """Put facts beside the version: numbers, or text, url, table, markdown, path."""
        self._metadata.update(values)


def context_of(
    snapshot: LedgerSnapshot, keys: tuple[str, ...], partitions: Sequence[str], origin: Origin, reader: InputReader
) -> AssetContext:
    """What a call may ask for that makes these, of these partitions. Raises ComputeError."""
    organism, key, name = snapshot.organism, keys[0], label_of(keys[0], partitions[0])
    scratch = scratch_folder(organism.settings, key, partitions[0], snapshot.code[key].version)
    remove_of_other_code(scratch)
    dimensions = tuple(map(snapshot.space(key).partition, partitions))
    return AssetContext(
        settings=_settings(organism, organism.graph[key]),
        partition=dimensions[0],
        partitions=dimensions,
        log=partial(origin.say, name),
        log_fault=partial(origin.say_fault, name),
        progress=lambda done, total: origin.progress(name, done, total),
        inputs=reader.versions(),
        scratch=scratch,
        sharing=sharing_of(organism.settings),
        resources=organism.graph.resources,
        outputs=keys,
    )


def _settings(organism: Engine, spec: AssetSpec) -> Mapping[str, object]:
    try:
        require_files(spec)
        return declared_settings(organism, spec)
    except OrganismError as error:
        raise ComputeError(error.message) from None
