"""Notes about files that were read: they save parsing and change no version."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from causal_organism.assets.definitions import DERIVED, AssetSpec
from causal_organism.engine.code.reading import read_module
from causal_organism.engine.code.versions import code_versions
from tests.assets.packages import FACTORY, PACKAGE, spec, version


def test_notes_change_no_version_and_save_parsing(
    load: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    function, notes = load(PACKAGE, "pkg.assets:main"), tmp_path / "cache" / "code.json"
    plain = version(function)
    assert code_versions((spec(function),), {}, notes=notes) == {"k": plain}
    monkeypatch.setattr("causal_organism.engine.code.reading._read_top", None)  # parsing now would crash
    assert code_versions((spec(function),), {}, notes=notes) == {"k": plain}


def test_notes_are_written_only_when_something_is_new(load: Callable[..., Any], tmp_path: Path) -> None:
    function, notes = load(PACKAGE, "pkg.assets:main"), tmp_path / "code.json"
    code_versions((spec(function),), {}, notes=notes)
    before = notes.stat().st_ino
    code_versions((spec(function),), {}, notes=notes)
    assert notes.stat().st_ino == before
    code_versions((spec(load({"p/m.py": FACTORY}, "p.m:main")),), {}, notes=notes)
    assert notes.stat().st_ino != before
    assert [each.name for each in tmp_path.glob("code.json*")] == ["code.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": "0", "files": {}}'])
def test_damaged_notes_are_as_good_as_none(load: Callable[..., Any], tmp_path: Path, content: str) -> None:
    function, notes = load(PACKAGE, "pkg.assets:main"), tmp_path / "code.json"
    notes.write_text(content)
    assert code_versions((spec(function),), {}, notes=notes) == {"k": version(function)}


def test_a_file_is_parsed_once_for_all_assets_and_all_times(load: Callable[..., Any]) -> None:
    functions = [load(PACKAGE, "pkg.assets:main")] * 30
    specs = [AssetSpec(key=f"k{index}", kind=DERIVED, compute=each) for index, each in enumerate(functions)]
    read_module.cache_clear()
    code_versions(specs, {})
    parsed = read_module.cache_info().misses
    code_versions(specs, {})
    assert 0 < read_module.cache_info().misses == parsed <= len(PACKAGE)
