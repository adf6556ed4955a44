"""The files that an asset declares: they count in its code version by their content."""

from __future__ import annotations

import hashlib
import inspect
from pathlib import Path

from causal_organism.assets.definitions import AssetSpec
from causal_organism.engine.code.stamps import FileStamps
from causal_organism.errors import OrganismError


def file_digests(spec: AssetSpec, stamps: FileStamps) -> dict[str, str | None]:
    """Name -> digest of the content; None for a file that cannot be read. Reads each file whole."""
    stamps.note(*(_path(spec, name) for name in spec.files))
    return {name: _digest(_path(spec, name)) for name in spec.files}


def require_files(spec: AssetSpec) -> None:
    """Raises OrganismError for a declared file that cannot be read."""
    for name in spec.files:
        path = _path(spec, name)
        try:
            path.open("rb").close()
        except OSError as error:
            reason = error.strerror or str(error)
            raise OrganismError(
                f"{spec.key} ({spec.defined_at}) declares the file {name!r}: {path} cannot be read: {reason}"
            ) from error


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _path(spec: AssetSpec, name: str) -> Path:
    assert spec.compute is not None  # a source of the platform declares none
    return Path(inspect.unwrap(spec.compute).__code__.co_filename).parent / name
