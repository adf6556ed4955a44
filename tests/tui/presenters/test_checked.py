"""One bad field of one document is `?` in its cell, and a sentence."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tui.presenters.assets.listing import COLUMNS, asset_rows
from tui.presenters.checked import checked
from tui.presenters.runs.listing import run_rows

NOW = datetime(2026, 2, 16, 12, 0, tzinfo=UTC)


def test_a_bad_duration_is_unknown_and_named_and_the_rest_of_the_row_is_as_it_was() -> None:
    run = {"id": "0123456789", "state": "Completed", "tries": 1, "duration_s": "n/a", "started_at": "yesterday"}
    document, faults = checked({"runs": [run]}, "runs")
    (row,) = run_rows(document, NOW)
    assert row.cells[:6] == ("01234567", "-", "OK", "1", "?", "?")
    assert faults == ("runs 0123456789: duration_s is 'n/a', no number",)


@pytest.mark.parametrize("version", ["new\x1b[2J", True, "12"])
def test_a_bad_version_is_unknown(version: object) -> None:
    asset = {"key": "a", "group": "", "status": "fresh", "version": version, "made_at": "n/a", "causes": []}
    document, faults = checked({"assets": [asset]}, "assets")
    (row,) = asset_rows(document)
    assert row.texts(COLUMNS, NOW)[2:4] == ("?", "?")
    assert len(faults) == 1
    assert "\x1b" not in faults[0]


def test_what_an_author_names_as_it_likes_is_left_alone() -> None:
    document = {"metadata": {"rows": "many"}, "evidence": {"version": "x"}}
    assert checked(document, "asset") == (document, ())


def test_versions_of_servers_are_texts() -> None:
    document = {"servers": [{"name": "network", "version": "26.10.2"}]}
    assert checked(document, "status") == (document, ())


def test_what_an_author_names_like_a_number_of_ours_stays_as_it_is() -> None:
    own = {
        "config": {"limit": "20"},
        "tags": {"version": "gold"},
        "partition": {"rows": "north"},
        "reads": {"depth": "a/b"},
    }
    assert checked({"steps": [own]}, "run") == ({"steps": [own]}, ())
