"""Whatever an author's function does, its asset fails and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from causal_organism.assets.definitions import Check, asset, source
from causal_organism.assets.storable import storable
from causal_organism.engine.history.listing import assets_document, values_document
from causal_organism.engine.history.run_logs import kept_lines
from causal_organism.engine.plan import make_plan
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.engine.tracebacks import MARK, traceback_text
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

    steps = refresh_local(memory_organism((broken, well)), Request("*"), Origin("ana"))["steps"]

    assert [(each["key"], each["outcome"]) for each in steps] == [("broken", "failed"), ("well", "made")]
    assert told in str(steps[0]["error"])


def test_a_source_that_leaves_has_failed() -> None:
    gone = source(key="gone")(_leaves)
    reader = asset(key="reader", reads={"gone": "gone"}, code_version="1")(lambda gone: 1)

    document = refresh_local(memory_organism((gone, reader)), Request("reader"), Origin("ana"))

    assert "SystemExit" in str(document["observed"][0]["error"])
    assert document["outcome"] == "failed"


def test_the_log_has_the_whole_traceback_own_frames_first() -> None:
    said: list[str] = []

    def helper(text: str) -> int:
        return int(json.loads(text))  # here, and not in the library

    def breaks() -> int:
        try:
            return helper("no json")
        except ValueError as error:
            raise KeyError("rate") from error

    organism = memory_organism((asset(key="broken", code_version="1")(breaks),))

    refresh_local(organism, Request("*"), Origin("ana", log=said.append))

    (text,) = (each for each in said if each.startswith(MARK))
    first = breaks.__code__.co_firstlineno
    lines = text.splitlines()
    assert lines[0] == f"raised at {__file__}, line {first + 4}, in breaks"
    assert lines[1] == "KeyError: 'rate'"
    cause = lines.index(next(each for each in lines if each.startswith("caused by JSONDecodeError: ")))
    rest = [each.strip() for each in lines[cause + 1 :]]
    assert rest[0] == f"{__file__}, line {first + 2}, in breaks"
    assert rest[2:4] == [
        f"{__file__}, line {helper.__code__.co_firstlineno + 1}, in helper",
        "return int(json.loads(text))  # here, and not in the library",
    ]
    assert rest[4] == "in libraries:" and "json/__init__.py" in rest[5]
    assert not any("causal_organism/engine" in each for each in lines)


def test_an_installed_package_of_the_author_is_own_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "site-packages"
    (installed / "owned").mkdir(parents=True)
    (installed / "owned" / "__init__.py").write_text("")
    (installed / "owned" / "rates.py").write_text("def rate():\n    raise OSError('no rates')\n")
    (installed / "owned" / "assets.py").write_text("from owned.rates import rate\ndef made():\n    return rate()\n")
    monkeypatch.syspath_prepend(str(installed))
    from importlib import import_module

    made = import_module("owned.assets").made
    with pytest.raises(OSError) as caught:
        made()
    text = traceback_text(caught.value, made)
    assert text.startswith(f"raised at {installed}/owned/rates.py, line 2, in rate")
    assert "libraries" not in text.replace(str(installed), "")


def test_a_source_and_a_check_that_break_say_where() -> None:
    said: list[str] = []

    def checked(value: Any) -> bool:
        return bool(value["gone"])

    gone = source(key="gone")(_leaves)
    well = asset(key="well", code_version="1", checks=(Check(name="odd", run=checked),))(lambda: 1)

    refresh_local(memory_organism((gone, well)), Request("*"), Origin("ana", log=said.append))

    assert [each.splitlines()[0].rpartition(" in ")[2] for each in said if each.startswith(MARK)] == [
        "_leaves",
        "checked",
    ]


def test_where_something_broke_is_told_as_an_error_once_and_what_is_said_is_not(tmp_path: Path) -> None:
    said: list[str] = []
    broke: list[str] = []

    def told(context: Any) -> int:
        context.log("counting")
        raise KeyError("rate")

    def checked(value: Any) -> bool:
        return bool(value["gone"])

    failing = asset(key="failing", code_version="1")(told)
    gone = source(key="gone")(_leaves)
    odd = asset(key="odd", code_version="1", checks=(Check(name="odd", run=checked),))(lambda: 1)
    organism = memory_organism((failing, gone, odd))
    object.__setattr__(organism.settings, "home", tmp_path)

    run = refresh_local(organism, Request("*"), Origin("ana", log=said.append, log_fault=broke.append))["run"]

    assert [each for each in said if each.startswith(MARK)] == [] and "counting" in said
    assert sorted(each.splitlines()[0].rpartition(" in ")[2] for each in broke) == ["_leaves", "checked", "told"]
    kept = {line["message"].splitlines()[0]: line["level"] for line in kept_lines(tmp_path, run)}
    assert kept.pop("counting") == "info"
    assert list(kept.values()) == ["error"] * 3


def test_an_endless_recursion_is_told_in_few_lines() -> None:
    said: list[str] = []

    def deep(n: int) -> int:
        return deep(n + 1)

    organism = memory_organism((asset(key="deep", code_version="1")(lambda: deep(0)),))
    refresh_local(organism, Request("*"), Origin("ana", log=said.append))
    (text,) = (each for each in said if each.startswith(MARK))
    assert "more frames" in text and len(text.splitlines()) < 100


def test_texts_that_no_store_takes_are_made_storable() -> None:
    def breaks() -> Any:
        raise ValueError("a\x00b \ud800")

    organism = memory_organism((asset(key="broken", code_version="1")(breaks),))

    assert refresh_local(organism, Request("*"), Origin("ana"))["steps"][0]["error"] == "ValueError: a\ufffdb \ufffd"
    assert storable({"x": float("nan"), "t\x00": ["\udfff", 1.5]}) == {"x": None, "t\ufffd": ["\ufffd", 1.5]}


def test_a_setting_that_is_not_set_fails_its_asset_alone_and_names_it_and_where() -> None:
    needs = asset(key="needs", settings=("own_limit",), code_version="1")(lambda: 1)
    behind = asset(key="behind", reads={"needs": "needs"}, code_version="1")(lambda needs: 2)
    other = asset(key="other", settings=("window_days",), code_version="1")(lambda: 3)

    document = refresh_local(memory_organism((needs, behind, other)), Request("*"), Origin("ana"))

    assert document["outcome"] == "failed"
    assert {each["key"]: each["outcome"] for each in document["steps"]} == {
        "needs": "failed",
        "behind": "blocked",
        "other": "made",
    }
    told = next(str(each["error"]) for each in document["steps"] if each["key"] == "needs")
    assert told.startswith(f"needs ({needs.specs[0].defined_at}): ")
    assert ("test_authors_code.py" in told, "ORGANISM_OWN_LIMIT is not set" in told) == (True, True)


def test_an_asset_whose_setting_is_no_longer_set_is_stale_and_keeps_its_head() -> None:
    needs = asset(key="needs", settings=("own_limit",), code_version="1")(lambda context: context.settings["own_limit"])
    organism = memory_organism((needs,), others={"ORGANISM_OWN_LIMIT": "7"})
    refresh_local(organism, Request("*"), Origin("ana"))
    given = organism.settings
    organism.settings = replace(given, others={})

    (row,) = assets_document(organism)["assets"]
    assert (row["status"], [cause["kind"] for cause in row["causes"]]) == ("stale", ["setting-missing"])
    assert row["causes"][0]["setting"] == "ORGANISM_OWN_LIMIT"
    assert [step.key for step in make_plan(organism, Request("*"), Origin("ana", "plan")).steps] == ["needs"]
    assert refresh_local(organism, Request("*"), Origin("ana"))["outcome"] == "failed"
    assert values_document(organism, "needs")["value"] == 7

    organism.settings = given
    assert refresh_local(organism, Request("*"), Origin("ana"))["outcome"] == "nothing"
