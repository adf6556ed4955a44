"""Which code the workers run: each run says so, and it is compared with the code that is installed here."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from causal_organism.ports import Organism

_FACT = "worker_code/"
_SUFFIXES = (".py", ".sql", ".cypher", ".lua", ".json")


@cache
def installed_code() -> str:
    """A hash of the installed package's files. Cost: it reads them once, some 30 ms."""
    root = Path(__file__).parents[2]
    digest = hashlib.sha256()
    for path in sorted(each for each in root.rglob("*") if each.suffix in _SUFFIXES):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def record_code(organism: Organism) -> None:
    """What runs here, by this machine's name, which is that of its worker. It writes only where that changed."""
    name = f"{_FACT}{socket.gethostname()}"
    if organism.ledger.fact(name) != installed_code():
        organism.ledger.set_fact(name, installed_code())


def workers_with_other_code(organism: Organism, workers: Sequence[str]) -> tuple[str, ...]:
    """Those of these workers whose last run had other code than is installed here. Unknown ones are left out."""
    known = {name: organism.ledger.fact(f"{_FACT}{name}") for name in workers}
    return tuple(name for name, code in known.items() if code is not None and code != installed_code())
