"""Whatever an author's function does, its asset fails and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from causal_organism.assets.definitions import asset, source
from causal_organism.assets.storable import storable
from causal_organism.engine.history.listing import assets_document, values_document
from causal_organism.engine.plan import make_plan
from causal_organism.engine.refresh import refresh_local
from tests.engine.organisms import memory_organism


def _leaves() -> Any:
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("options", "function", "told"),
    [({}, _leaves, "SystemExit"), ({"metadata": {"o": object()}}, lambda: 1, "metadata")],
)
def test_an_asset_fails_alone(options: dict[str, Any], function: Any, told: str) -> None:
    broken = asset(key="broken", code_version="1", **options)(function)
    well = asset(key="well", code_version="1")(lambda: 1)

    steps = refresh_local(memory_organism((broken, well)), "*", actor="ana")["steps"]

    assert [(each["key"], each["outcome"]) for each in steps] == [("broken", "failed"), ("well", "made")]
    assert told in steps[0]["error"]


def test_a_source_that_leaves_has_failed() -> None:
    gone = source(key="gone")(_leaves)
    reader = asset(key="reader", reads={"gone": "gone"}, code_version="1")(lambda gone: 1)

    document = refresh_local(memory_organism((gone, reader)), "reader", actor="ana")

    assert "SystemExit" in document["observed"][0]["error"]
    assert document["outcome"] == "failed"


def test_the_log_says_where_in_the_authors_code_it_broke() -> None:
    said: list[str] = []

    def breaks() -> int:
        return int(json.loads("no json"))  # here, and not in the library

    organism = memory_organism((asset(key="broken", code_version="1")(breaks),))

    refresh_local(organism, "*", actor="ana", log=said.append)

    line = breaks.__code__.co_firstlineno + 1
    assert f"raised at {__file__}, line {line}, in breaks" in "\n".join(said)


def test_texts_that_no_store_takes_are_made_storable() -> None:
    def breaks() -> Any:
        raise ValueError("a\x00b \ud800")

    organism = memory_organism((asset(key="broken", code_version="1")(breaks),))

    assert refresh_local(organism, "*", actor="ana")["steps"][0]["error"] == "ValueError: a\ufffdb \ufffd"
    assert storable({"x": float("nan"), "t\x00": ["\udfff", 1.5]}) == {"x": None, "t\ufffd": ["\ufffd", 1.5]}


def test_a_setting_that_is_not_set_fails_its_asset_alone_and_names_it_and_where() -> None:
    needs = asset(key="needs", settings=("own_limit",), code_version="1")(lambda: 1)
    behind = asset(key="behind", reads={"needs": "needs"}, code_version="1")(lambda needs: 2)
    other = asset(key="other", settings=("window_days",), code_version="1")(lambda: 3)

    document = refresh_local(memory_organism((needs, behind, other)), "*", actor="ana")

    assert document["outcome"] == "failed"
    assert {each["key"]: each["outcome"] for each in document["steps"]} == {
        "needs": "failed",
        "behind": "blocked",
        "other": "made",
    }
    told = next(each["error"] for each in document["steps"] if each["key"] == "needs")
    assert told.startswith(f"needs ({needs.specs[0].defined_at}): ")
    assert ("test_authors_code.py" in told, "ORGANISM_OWN_LIMIT is not set" in told) == (True, True)


def test_an_asset_whose_setting_is_no_longer_set_is_stale_and_keeps_its_head() -> None:
    needs = asset(key="needs", settings=("own_limit",), code_version="1")(lambda context: context.settings["own_limit"])
    organism = memory_organism((needs,), others={"ORGANISM_OWN_LIMIT": "7"})
    refresh_local(organism, "*", actor="ana")
    given = organism.settings
    organism.settings = replace(given, others={})

    (row,) = assets_document(organism)["assets"]
    assert (row["status"], [cause["kind"] for cause in row["causes"]]) == ("stale", ["code-changed"])
    assert row["causes"][0]["now"] == "ORGANISM_OWN_LIMIT is not set"
    assert [step.key for step in make_plan(organism, "*", actor="ana", trigger="plan").steps] == ["needs"]
    assert refresh_local(organism, "*", actor="ana")["outcome"] == "failed"
    assert values_document(organism, "needs")["value"] == 7

    organism.settings = given
    assert refresh_local(organism, "*", actor="ana")["outcome"] == "nothing"
