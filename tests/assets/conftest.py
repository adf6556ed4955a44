"""Code to compare, imported as a new process would."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Writes files into a new folder and imports something from there, as a new process would."""
    folders = count()
    before = set(sys.modules)

    def forget() -> None:
        for name in set(sys.modules) - before:
            if getattr(sys.modules[name], "__file__", None) is None or str(tmp_path) in str(sys.modules[name].__file__):
                del sys.modules[name]

    def load(files: dict[str, str], place: str) -> Any:
        root = tmp_path / f"root{next(folders)}"
        for name, text in files.items():
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        forget()
        module, _, name = place.partition(":")
        with monkeypatch.context() as patch:
            patch.syspath_prepend(root)
            found = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
        return found

    yield load
    forget()
