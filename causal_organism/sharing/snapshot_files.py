"""Snapshots on disk: one folder each, of arrays that can be mapped into memory; directed, and undirected (`und_`)."""

from __future__ import annotations

import json
import mmap
import os
import secrets
import shutil
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from causal_organism.errors import DamagedValueError
from causal_organism.network.csr import Csr
from causal_organism.network.snapshot import Snapshot

_FORMAT = 3
_META = "meta.json"
_IDS = "ids.json"
_ARRAYS = ("indptr", "indices", "weight_u", "count", "und_indptr", "und_indices", "und_weight_u")
_HINT = "refresh `network` with --force to make it again"


def save(snapshot: Snapshot, folder: Path) -> None:
    """Write a snapshot into a folder of its own; a folder that is there already stays as it is.

    It appears at once and whole: written under another name, synced, renamed.
    """
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}")
    draft.mkdir()
    try:
        _write(snapshot, draft)
        _sync(draft)
        try:
            draft.rename(folder)
        except OSError:
            if not folder.exists():  # somebody else wrote the same content in the meantime
                raise
        _sync(folder.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def load(folder: Path, *, mmap: bool = True) -> Snapshot:
    """The snapshot in a folder, checked against the sums that were written with it.

    With `mmap` the arrays stay on disk and are shared between processes.

    Raises:
        DamagedValueError: a file is missing, cut short or changed; it is named.
    """
    meta = _meta(folder)
    for name, digest in meta["files"].items():
        _check(folder / name, digest)
    mode: Literal["r"] | None = "r" if mmap and meta["ties"] else None  # an array of nothing cannot be mapped
    arrays = {name: _array(folder / f"{name}.npy", mode) for name in _ARRAYS}
    try:
        ids = tuple(json.loads((folder / _IDS).read_bytes()))
    except ValueError as error:
        raise DamagedValueError(f"{folder / _IDS} cannot be read: {error}", hint=_HINT) from error
    out = Csr(arrays["indptr"], arrays["indices"], arrays["weight_u"])
    undirected = Csr(arrays["und_indptr"], arrays["und_indices"], arrays["und_weight_u"])
    return Snapshot(ids, out, arrays["count"], {"fingerprint": meta["fingerprint"], "undirected": undirected})


def _write(snapshot: Snapshot, folder: Path) -> None:
    contents: dict[str, NDArray[Any]] = {
        "indptr": snapshot.out.indptr,
        "indices": snapshot.out.indices,
        "weight_u": snapshot.out.weight_u,
        "count": snapshot.count,
        "und_indptr": snapshot.undirected.indptr,
        "und_indices": snapshot.undirected.indices,
        "und_weight_u": snapshot.undirected.weight_u,
    }
    files: dict[str, str] = {}
    for name in _ARRAYS:
        with (folder / f"{name}.npy").open("wb") as file:
            np.save(file, contents[name], allow_pickle=False)
            _flush(file)
        files[f"{name}.npy"] = _digest(folder / f"{name}.npy")
    _write_bytes(folder / _IDS, json.dumps(snapshot.ids, ensure_ascii=False, separators=(",", ":")).encode())
    files[_IDS] = _digest(folder / _IDS)
    meta = {
        "format": _FORMAT,
        "fingerprint": snapshot.fingerprint,
        "people": snapshot.people,
        "ties": snapshot.ties,
        "files": files,
    }
    _write_bytes(folder / _META, json.dumps(meta, indent=1).encode())


def _meta(folder: Path) -> dict[str, Any]:
    try:
        meta = json.loads((folder / _META).read_bytes())
        found, expected = meta["format"], {f"{name}.npy" for name in _ARRAYS} | {_IDS}
        complete = set(meta["files"]) == expected and isinstance(meta["fingerprint"], str)
    except OSError as error:
        raise DamagedValueError(f"{folder / _META} cannot be read: {error.strerror}", hint=_HINT) from error
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedValueError(f"{folder / _META} is damaged: {error!r}", hint=_HINT) from error
    if found != _FORMAT or not complete:
        raise DamagedValueError(f"{folder / _META} is damaged, or of another format than {_FORMAT}", hint=_HINT)
    return dict(meta)


def _check(path: Path, digest: str) -> None:
    try:
        found = _digest(path)
    except OSError as error:
        raise DamagedValueError(f"{path} cannot be read: {error.strerror}", hint=_HINT) from error
    if found != digest:
        raise DamagedValueError(f"{path} is damaged: it is not what was written", hint=_HINT)


def _array(path: Path, mode: Literal["r"] | None) -> NDArray[Any]:
    array: NDArray[Any] = np.load(path, mmap_mode=mode, allow_pickle=False)
    array.setflags(write=False)
    return array


def _digest(path: Path) -> str:
    """Tells damage: every load reads all of it, and a digest would cost five times as much."""
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:  # nothing cannot be mapped
            return f"{0:08x}"
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return f"{zlib.crc32(content):08x}"


def _write_bytes(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        _flush(file)


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Make the names in a folder durable. Windows has no such call for folders, and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
