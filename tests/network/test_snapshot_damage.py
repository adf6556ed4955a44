"""Whatever byte of a saved snapshot is not what was written is noticed, and the file named."""

from __future__ import annotations

from pathlib import Path

import pytest

from causal_organism.errors import DamagedValueError
from causal_organism.network.snapshot import from_columns
from causal_organism.sharing.snapshot_files import load, save

TIES = [(at, (at * 7 + step) % 40) for at in range(40) for step in (1, 3, 9)]
SOURCES, TARGETS = ([tie[end] for tie in sorted(TIES)] for end in (0, 1))
SAVED = from_columns(
    [f"person {at}" for at in range(40)], SOURCES, TARGETS, [1_000_000] * len(TIES), [1] * len(TIES),
    fingerprint="ab" * 32,
)  # fmt: skip


def files() -> list[str]:
    return ["ids.json", *(f"{name}.npy" for name in ("indptr", "indices", "weight_u", "count"))]


@pytest.mark.parametrize("name", files())
def test_no_byte_of_a_file_can_be_another_without_being_noticed(tmp_path: Path, name: str) -> None:
    save(SAVED, tmp_path / "one")
    file = tmp_path / "one" / name
    content = file.read_bytes()
    assert load(tmp_path / "one").people == 40
    file.unlink()  # it may be linked to
    for at in (*range(0, len(content), 23), len(content) - 1):
        file.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(DamagedValueError, match=name.replace(".", r"\.")):
            load(tmp_path / "one")
    file.write_bytes(content)
    assert load(tmp_path / "one").people == 40
