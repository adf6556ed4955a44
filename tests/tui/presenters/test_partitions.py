"""An asset with partitions: a map that fits whatever their number, and those that are not fresh."""

from __future__ import annotations

from datetime import UTC, datetime

from tui.presenters.assets.partitions import partition_lines
from tui.presenters.lines import plain

NOW = datetime(2026, 2, 16, 12, 0, tzinfo=UTC)


def shown(states: str, *listed: dict[str, object], width: int = 60) -> list[str]:
    document = {"states": states, "first": "day=2026-01-01", "last": "day=2026-02-16", "listed": listed}
    return [plain(each) for each in partition_lines(document, NOW, width)]


def test_every_partition_has_its_sign_and_what_is_not_fresh_is_listed() -> None:
    stale: dict[str, object] = {
        "partition": {"day": "2026-01-03"},
        "status": "stale",
        "made_at": "2026-02-16T11:00:00Z",
        "causes": [],
    }
    failed: dict[str, object] = {
        "partition": {"day": "2026-01-04"},
        "status": "missing",
        "attempt": {"error": "no [/] \x1b[2J"},
    }
    lines = shown("ffsxm", stale, failed)
    assert lines[:2] == ["PARTITIONS 5: 2 fresh, 1 stale, 1 missing, 1 failed", "   ##~x."]
    assert any(line.split()[:3] == ["day=2026-01-03", "STALE", "1h"] for line in lines)
    assert any("FAIL" in line and "no [/] ␛[2J" in line for line in lines)
    assert "1 more" in lines[-1]


def test_fifty_thousand_partitions_are_a_map_of_ten_rows_whose_signs_are_the_worst() -> None:
    lines = shown("f" * 49_999 + "x")
    drawn = [line for line in lines if line.startswith("   #") and "fresh" not in line]
    assert len(lines) < 20
    assert "".join(drawn).rstrip().endswith("x")


def test_none_while_they_are_read() -> None:
    assert [plain(each) for each in partition_lines(None, NOW, 60)] == ["PARTITIONS", "   reading ..."]


def test_rows_of_one_sign_are_drawn_once() -> None:
    full, row = "   " + "#" * 56, "f" * 56
    assert shown(row * 3 + "fs")[1:4] == [full, "   ... 2 more such rows", "   #~"]
    assert shown(row + "s" * 56 + row * 2)[1:5] == [full, "   " + "~" * 56, full, "   ... 1 more such row"]
    assert shown(row)[1:3] == [full, "   # fresh  ~ stale  . missing  x failed"]
