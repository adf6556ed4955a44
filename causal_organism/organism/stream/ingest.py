"""Put interactions from files into the stream; what cannot be taken is refused before, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from causal_organism.engine.read_only import refuse_read_only
from causal_organism.errors import StoreError
from causal_organism.network.interactions import Interaction, to_fields
from causal_organism.organism.stream.interaction_files import Read, read_interactions
from causal_organism.ports import Organism

CHUNK = 1000


def ingest_files(organism: Organism, paths: Sequence[str | Path], *, actor: str) -> dict[str, Any]:
    """organism.ingest/1. All files are opened before a line is written; good lines go in whatever the others are.

    Raises:
        RequestError: a file cannot be read; nothing of the files before it is taken back.
        StoreError: the stream broke off; says up to which line everything is in.
    """
    refuse_read_only(organism)
    now_us = int(organism.now().timestamp() * 1_000_000)
    opened = [(str(path), read_interactions(path, now_us=now_us)) for path in paths]
    report: dict[str, Any] = {"schema": "organism.ingest/1", "read": 0, "accepted": 0, "refused": []}
    try:
        for name, lines in opened:
            written = 0
            while chunk := list(islice(lines, CHUNK)):
                try:
                    _take(organism, name, chunk, report)
                except StoreError as error:
                    raise StoreError(
                        f"{error.message}; {name} is in the stream up to line {written}, and it may be in up to line "
                        f"{chunk[-1][0]}",
                        hint="lines with an `id` can be ingested again without harm",
                    ) from error
                written = chunk[-1][0]
    finally:
        if report["accepted"]:
            detail = {"accepted": report["accepted"], "refused": len(report["refused"])}
            organism.ledger.audit(
                actor=actor, action="ingest", subject=" ".join(map(str, paths)), detail=detail, at=organism.now()
            )
    return report


def _take(organism: Organism, name: str, chunk: Sequence[Read], report: dict[str, Any]) -> None:
    good = [each for _, each in chunk if isinstance(each, Interaction)]
    organism.stream.append([to_fields(each) for each in good])
    report["read"] += len(chunk)
    report["accepted"] += len(good)
    report["refused"] += [
        {"line": line, "reason": each.reason, "file": name} for line, each in chunk if not isinstance(each, Interaction)
    ]
