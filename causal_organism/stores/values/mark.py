"""The mark of a folder of values: a small file that tells one store from another, written once."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from causal_organism.stores.values.private import make_folder, write_durably

MARK = ".organism-values"


def read_mark(folder: Path) -> str | None:
    """What it says; None: there is none. Raises OSError."""
    try:
        return (folder / MARK).read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        return None


def make_mark(folder: Path, identity: str, group: int | None = None) -> None:
    """Whole or not at all; one that is there stays. Raises OSError."""
    make_folder(folder, group)
    draft = folder / f"{MARK}.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        write_durably(draft, f"{identity}\n".encode(), group)
        try:
            os.link(draft, folder / MARK)
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            if not (folder / MARK).exists():
                draft.replace(folder / MARK)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
