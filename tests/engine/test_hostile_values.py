"""Whatever a value, a check or metadata raises between compute and publish fails its own asset, by name, and alone."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from causal_organism.assets.definitions import Asset, asset, source
from causal_organism.assets.facts import Table, Text
from causal_organism.assets.partitions.dimensions import Dynamic, Static
from causal_organism.assets.storable import LONGEST_ERROR, error_text
from causal_organism.documents.refreshes import RefreshDocument
from causal_organism.engine.contents import load_value
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.stores.memory.interventions import MemoryInterventions
from causal_organism.stores.memory.readings import MemoryReadings
from tests.engine.hostile import STORABLE, UNSTORABLE, Gone, Raising, raises
from tests.engine.organisms import memory_organism, outcomes


@pytest.fixture(autouse=True)
def _unawaited() -> Iterator[None]:
    """A coroutine that nobody awaits is one of the values here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def constant(key: str, value: Any = 1, **options: Any) -> Asset:
    return asset(key=key, code_version="1", **options)(lambda: value)


def refreshed(*assets: Asset, **settings: Any) -> RefreshDocument:
    return refresh_local(memory_organism(assets, **settings), Request("*"), Origin("ana"))


def error_of(document: RefreshDocument, key: str) -> str:
    return next(str(each["error"]) for each in document["steps"] if each["key"] == key)


@pytest.mark.parametrize("name", UNSTORABLE)
@pytest.mark.parametrize("parallel", [1, 3])
def test_what_cannot_be_stored_fails_its_asset_alone_and_says_why(name: str, parallel: int) -> None:
    function, told = UNSTORABLE[name]
    broken = asset(key="broken", code_version="1")(function)
    behind = asset(key="behind", reads={"broken": "broken"}, code_version="1")(lambda broken: 1)
    organism = memory_organism((broken, behind, constant("well")), parallel_steps=parallel)

    document = refresh_local(organism, Request("*"), Origin("ana"))

    assert dict(outcomes(document)) == {"broken": "failed", "behind": "blocked", "well": "made"}
    assert document["outcome"] == "failed"
    assert told in error_of(document, "broken")
    assert len(error_of(document, "broken")) <= LONGEST_ERROR + 200
    assert organism.ledger.attempts()["broken", ""].error == error_of(document, "broken")


def test_a_long_error_is_cut_and_says_where_there_is_more_of_it() -> None:
    organism = memory_organism((asset(key="broken", code_version="1")(raises(ValueError("x" * 1_000_000))),))
    told = error_of(refresh_local(organism, Request("*"), Origin("ana")), "broken")
    assert told.endswith("x… (996,212 more characters; `organism logs` of the run shows more)")
    assert error_text(ValueError("x" * 50_000), logged=True) == f"ValueError: {'x' * 50_000}"


@pytest.mark.parametrize("name", STORABLE)
def test_what_only_looks_hostile_is_made_and_comes_back(name: str) -> None:
    organism = memory_organism((asset(key="made", code_version="1")(STORABLE[name]),))

    assert outcomes(refresh_local(organism, Request("*"), Origin("ana"))) == [("made", "made")]

    found = load_value(organism, organism.ledger.heads()["made", ""].version)
    assert type(found)(STORABLE[name]()) == found if isinstance(found, dict) else np.all(STORABLE[name]() == found)


@pytest.mark.parametrize("name", UNSTORABLE)
def test_a_source_that_returns_it_fails_and_what_does_not_read_it_goes_on(name: str) -> None:
    function, told = UNSTORABLE[name]
    broken = source(key="broken")(function)
    reader = asset(key="reader", reads={"broken": "broken"}, code_version="1")(lambda broken: 1)

    document = refreshed(broken, reader, constant("well"))

    (seen,) = document["observed"]
    assert told in str(seen["error"])
    assert dict(outcomes(document)) == {"reader": "blocked", "well": "made"}


@pytest.mark.parametrize("name", UNSTORABLE)
def test_of_what_is_made_together_only_that_output_fails(name: str) -> None:
    function, told = UNSTORABLE[name]

    def both() -> Any:
        return {"a": function(), "b": 2}

    document = refreshed(asset(outputs=("a", "b"), code_version="1")(both))

    fails_whole = name.startswith("one ")
    assert outcomes(document) == [("a", "failed"), ("b", "failed" if fails_whole else "made")]
    assert told in error_of(document, "a")


def test_a_make_of_several_that_fails_is_made_once() -> None:
    made: list[int] = []

    def both() -> Any:
        made.append(1)
        raise ValueError("no way")

    document = refreshed(asset(outputs=("a", "b"), code_version="1")(both))

    assert outcomes(document) == [("a", "failed"), ("b", "failed")]
    assert error_of(document, "b") == "ValueError: no way"
    assert made == [1]


@pytest.mark.parametrize(
    ("value", "given"), [([1], "list"), ({"a": 1}, "a"), ({}, "nothing"), (None, "NoneType"), ({"a": 1, 3: 2}, "3, a")]
)
def test_outputs_that_are_others_are_named(value: Any, given: str) -> None:
    document = refreshed(asset(outputs=("a", "b"), code_version="1")(lambda: value), constant("well"))

    assert dict(outcomes(document)) == {"a": "failed", "b": "failed", "well": "made"}
    assert error_of(document, "b") == f"a must return a dict of a, b; it returned {given}"


@pytest.mark.parametrize("name", UNSTORABLE)
def test_an_update_that_returns_it_fails_its_asset_alone(name: str) -> None:
    function, told = UNSTORABLE[name]
    rows = {"n": 1}
    log = source(key="log")(lambda: dict(rows))
    total = asset(key="total", reads={"log": "log"}, code_version="1")(lambda log: log["n"])
    total.update(lambda previous, changes: function())
    organism = memory_organism((log, total, constant("well")))
    refresh_local(organism, Request("*"), Origin("ana"))
    rows["n"] = 2

    document = refresh_local(organism, Request("*"), Origin("ana"))

    assert outcomes(document) == [("total", "failed")]
    assert told in error_of(document, "total")
    assert organism.ledger.heads()["total", ""].version.number == 1


def test_of_partitions_only_that_one_fails() -> None:
    def site(context: Any) -> Any:
        return {1, 2} if context.partition["site"] == "s" else 1

    partitioned = asset(key="site", partitions={"site": Static("n", "s", "w")}, code_version="1")(site)
    document = refreshed(partitioned, constant("well"))

    assert [each["outcome"] for each in document["steps"]] == ["made", "failed", "made", "made"]


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        ({"note": Raising()}, "metadata 'note' cannot be stored: note is a Raising"),
        ({"note": {1, 2}}, "note is a set, which is not JSON; use a sorted list"),
        ({"note": np.zeros(3)}, "note is an ndarray"),
        ({"note": 10**5_000}, "note is a whole number of more than 4,300 digits"),
        ({"note": Table([1, 2])}, "metadata 'note' cannot be stored: a table is a list of rows"),
        ({"note": Table(pd.Series([1]))}, "a table is a list of rows as mappings, or a DataFrame, not Series"),
        ({"note": Text(Raising())}, "metadata 'note' cannot be stored: RuntimeError"),  # type: ignore[arg-type]
        ({"note": {3: 4}}, "note has a key that is an int"),
    ],
)
def test_metadata_that_cannot_be_stored_fails_its_asset_and_is_named(metadata: dict[str, Any], told: str) -> None:
    def noted(context: Any) -> int:
        context.metadata(**metadata)
        return 1

    declared = constant("declared", metadata=metadata)
    document = refreshed(asset(key="noted", code_version="1")(noted), declared, constant("well"))

    assert dict(outcomes(document)) == {"noted": "failed", "declared": "failed", "well": "made"}
    assert told in error_of(document, "noted")
    assert told in error_of(document, "declared")


ODD_ANSWERS: dict[str, tuple[Callable[[], Any], str]] = {
    "a text": (lambda: "too high", "it returned the text 'too high'; a check returns True or False, (bool, detail)"),
    "nothing": (lambda: None, "it returned None"),
    "a number": (lambda: 1, "it returned an int"),
    "an array": (lambda: np.array([True, False]), "it returned an ndarray"),
    "no parts": (lambda: (), "it returned a tuple of 0"),
    "one part": (lambda: (True,), "it returned a tuple of 1, the first of them a bool"),
    "four parts": (lambda: (True, "ok", {}, 1), "it returned a tuple of 4"),
    "a text first": (lambda: ("ok", True), "a tuple of 2, the first of them the text 'ok'"),
    "facts that are none": (lambda: (True, "ok", [1]), "its facts are a list, and not a dict"),
    "facts that cannot be stored": (lambda: (True, "ok", {"n": {1}}), "facts['n'] is a set"),
    "a detail without text": (lambda: (True, Raising()), "RuntimeError"),
    "an object": (Raising, "it returned a Raising"),
    "an end": (raises(SystemExit(2)), "SystemExit: 2"),
    "whatever": (raises(Gone("far")), "Gone: far"),
}


@pytest.mark.parametrize("name", ODD_ANSWERS)
@pytest.mark.parametrize("blocking", [True, False])
def test_a_check_that_answers_oddly_is_an_error_of_that_check(name: str, *, blocking: bool) -> None:
    function, told = ODD_ANSWERS[name]
    checked = constant("checked")
    checked.check(name="odd", blocking=blocking)(lambda value: function())
    organism = memory_organism((checked, constant("well")))

    document = refresh_local(organism, Request("*"), Origin("ana"))

    assert dict(outcomes(document)) == {"checked": "rejected" if blocking else "made", "well": "made"}
    if blocking:
        assert error_of(document, "checked").startswith("odd: ")
        assert told in error_of(document, "checked")
    else:
        (result,) = organism.ledger.heads()["checked", ""].version.checks
        assert not result.passed
        assert told in result.detail


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (True, (True, "", {})),
        (np.True_, (True, "", {})),
        ((True, "ok"), (True, "ok", {})),
        ((True, "ok", {"n": np.int64(3), "x": float("nan")}), (True, "ok", {"n": 3, "x": None})),
        ((False, "a\x00", None), (False, "a\ufffd", {})),
    ],
)
def test_what_a_check_says_is_kept_with_its_facts(answer: Any, kept: tuple[bool, str, dict[str, Any]]) -> None:
    checked = constant("checked")
    checked.check(name="told", blocking=False)(lambda value: answer)
    organism = memory_organism((checked,))

    refresh_local(organism, Request("*"), Origin("ana"))

    (result,) = organism.ledger.heads()["checked", ""].version.checks
    assert (result.passed, result.detail, result.facts) == kept


def test_a_long_detail_of_a_check_is_cut_and_is_whole_in_the_log() -> None:
    checked, said = constant("checked"), list[str]()
    checked.check(name="long")(lambda value: (False, "x" * 50_000))
    origin = Origin("ana", log=said.append)
    told = error_of(refresh_local(memory_organism((checked,)), Request("*"), origin), "checked")
    assert told.endswith("x… (46,200 more characters; `organism logs` of the run shows more)")
    assert any("x" * 50_000 in each for each in said)


@pytest.mark.parametrize("members", [[1.5], [("a", "b")], ["a" * 10_000], 7, "text", [True], ["\ud800"], [None]])
def test_a_source_of_partitions_that_names_odd_ones_fails_alone(members: Any) -> None:
    names = source(key="names")(lambda: members)
    each = asset(key="each", partitions={"name": Dynamic("names")}, code_version="1")(lambda: 1)

    document = refreshed(names, each, constant("well"))

    assert "names" in str(document["observed"][0]["error"])
    assert dict(outcomes(document)) == {"well": "made"}
    assert document["outcome"] == "failed"


def test_names_that_were_odd_before_they_were_of_partitions_stop_nothing_else() -> None:
    names = source(key="names")(lambda: [1.5])
    reader = asset(key="reader", reads={"names": "names"}, code_version="1")(lambda names: 1)
    organism = memory_organism((names, reader))
    refresh_local(organism, Request("*"), Origin("ana"))
    each = asset(key="each", partitions={"name": Dynamic("names")}, code_version="1")(lambda: 1)
    organism.graph = memory_organism((names, each, constant("well"))).graph

    document = refresh_local(organism, Request("*"), Origin("ana"))

    assert dict(outcomes(document)) == {"well": "made"}
    assert "names names a partition 1.5" in str(document["observed"][0]["error"])


@pytest.mark.parametrize("key", ["causal/effects", "interventions/proposals"])
def test_other_values_under_a_key_of_the_catalog_do_not_end_the_run(key: str) -> None:
    organism = memory_organism((constant(key, {"a": 1}),))
    organism.readings, organism.interventions = MemoryReadings(), MemoryInterventions()

    assert outcomes(refresh_local(organism, Request("*"), Origin("ana"))) == [(key, "made")]
