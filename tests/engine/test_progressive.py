"""Samples grow in the full analysis only, until they are exact; unfinished work waits in a folder, and not for ever."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from causal_organism.assets.definitions import Asset, asset, source
from causal_organism.documents.refreshes import RefreshDocument
from causal_organism.engine.automation.progressive import conclude_both, samples_to_enlarge
from causal_organism.engine.history.listing import (
    assets_document,
    show_document,
    values_document,
    versions_document,
)
from causal_organism.engine.history.restore import restore
from causal_organism.engine.history.retain import retain
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.engine.unfinished import GIVEN_UP, scratch_folder, sharing_of
from causal_organism.errors import SettingsError
from tests.engine.organisms import memory_organism, refreshed

EVERYBODY = 10


def assets(numbers: list[int]) -> Iterable[Asset]:
    @source(key="numbers")
    def looked() -> list[int]:
        return numbers

    @asset(key="of/some", tags={"progressive": ""}, code_version="1")
    def some(numbers: Any, context: Any) -> Any:
        file = context.scratch / f"{len(numbers)}"
        context.scratch.mkdir(parents=True, exist_ok=True)
        known = int(file.read_text()) + context.sharing.budget if file.exists() else 3
        file.write_text(str(min(known, EVERYBODY)))
        context.metadata(sources=min(known, EVERYBODY), exact=known >= EVERYBODY)
        return min(known, EVERYBODY)

    @asset(key="other", code_version="1")
    def other(numbers: Any, context: Any) -> Any:
        context.metadata(exact=False)
        return 1

    return looked, some, other


def flat() -> Iterable[Asset]:
    """Nobody lies between others: the same numbers, whatever the sample."""

    @asset(key="of/flat", tags={"progressive": ""}, code_version="1")
    def same(context: Any) -> Any:
        file = context.scratch / "known"
        context.scratch.mkdir(parents=True, exist_ok=True)
        known = min(int(file.read_text()) + context.sharing.budget, EVERYBODY) if file.exists() else 3
        file.write_text(str(known))
        context.metadata(sources=known, exact=known == EVERYBODY)
        return 0

    return (same,)


def organism_in(folder: Path, numbers: list[int], *, budget: int = 4) -> Any:
    found = memory_organism(assets(numbers), values=str(folder), betweenness_budget_sources=budget)
    refreshed(found)
    return found


def sources(organism: Any) -> Any:
    return organism.ledger.heads()["of/some", ""].version.metadata["sources"]


def test_a_sample_grows_until_it_is_exact(tmp_path: Path) -> None:
    organism, grown = organism_in(tmp_path, [1]), [3]
    while keys := samples_to_enlarge(organism):
        assert keys == ("of/some",)
        assert refreshed(organism) == []  # to everybody else it is fresh
        refreshed(organism, ", ".join(keys), force=True)
        grown.append(sources(organism))
    assert grown == [3, 7, 10]


def test_a_sample_that_says_nothing_new_is_enlarged_until_it_is_exact_and_no_longer(tmp_path: Path) -> None:
    organism = memory_organism(flat(), values=str(tmp_path), betweenness_budget_sources=4)
    grown: list[int] = []
    refreshed(organism)
    while keys := samples_to_enlarge(organism):
        assert len(grown) < 5
        assert refreshed(organism, ", ".join(keys), force=True) == [("of/flat", "unchanged")]
        grown.append(int((scratch_folder(organism.settings, "of/flat", "", "1") / "known").read_text()))
    assert grown == [7, EVERYBODY]
    assert organism.ledger.heads()["of/flat", ""].version.number == 1


def test_what_the_last_make_said_is_shown_of_the_asset_and_what_each_version_said_is_kept(tmp_path: Path) -> None:
    organism = memory_organism(flat(), values=str(tmp_path), betweenness_budget_sources=EVERYBODY)
    refreshed(organism)
    sample, exact = {"sources": 3, "exact": False}, {"sources": EVERYBODY, "exact": True}
    assert show_document(organism, "of/flat")["metadata"] == sample
    refreshed(organism, "of/flat", force=True)
    (row,) = assets_document(organism)["assets"]
    assert row["metadata"] == show_document(organism, "of/flat")["metadata"] == exact
    assert values_document(organism, "of/flat@1")["metadata"] == exact
    assert [each["metadata"] for each in versions_document(organism, "of/flat")["versions"]] == [sample]

    with organism.ledger.hold("of/flat", "", "tester") as lease:
        other = replace(organism.ledger.version("of/flat", 1), fingerprint="other", confirmed_metadata=None)
        organism.ledger.publish(lease, other)
    restore(organism, "of/flat@1", actor="ana")
    newest = versions_document(organism, "of/flat")["versions"][0]
    assert (newest["version"], newest["metadata"]) == (3, {**exact, "restored_from": 1})


def test_what_a_make_said_is_of_its_version_only(tmp_path: Path) -> None:
    """The same number from everybody, and then a new sample with another: that is one to enlarge again."""
    numbers = [1]
    organism = organism_in(tmp_path, numbers)
    while keys := samples_to_enlarge(organism):
        refreshed(organism, ", ".join(keys), force=True)
    refreshed(organism, "of/some", force=True)  # unchanged, and exact
    numbers.append(2)
    refreshed(organism)
    assert samples_to_enlarge(organism) == ("of/some",)


def test_another_network_begins_anew(tmp_path: Path) -> None:
    numbers = [1]
    organism = organism_in(tmp_path, numbers)
    refreshed(organism, "of/some", force=True)
    numbers.append(2)
    assert ("of/some", "unchanged") not in refreshed(organism)
    assert sources(organism) == 3


def test_nothing_grows_without_a_budget_or_under_a_pin(tmp_path: Path) -> None:
    assert samples_to_enlarge(organism_in(tmp_path / "one", [1], budget=0)) == ()
    organism = organism_in(tmp_path / "two", [1])
    organism.ledger.pin("of/some", "", organism.ledger.heads()["of/some", ""].version.number)
    assert samples_to_enlarge(organism) == ()


def test_both_parts_of_a_run_are_one_answer(tmp_path: Path) -> None:
    organism = organism_in(tmp_path, [1])
    first = refresh_local(organism, Request("of/some", force=True), Origin("ana"))
    second: RefreshDocument = {**refresh_local(organism, Request("*"), Origin("ana")), "run": first["run"]}
    both = conclude_both(organism, first, second)
    assert (both["outcome"], [each["key"] for each in both["steps"]]) == ("done", ["of/some"])
    assert organism.ledger.run_document(first["run"]) == both


def test_unfinished_work_is_given_up_at_last(tmp_path: Path) -> None:
    organism = organism_in(tmp_path, [1])
    mine = scratch_folder(organism.settings, "of/some", "", "1")
    assert mine.parents[2] == tmp_path
    now = organism.now().timestamp()
    for path in (mine.parent, mine, *mine.iterdir()):
        os.utime(path, (now, now))
    organism.clock.move(days=GIVEN_UP / timedelta(days=1) - 1)
    retain(organism, "*", actor="ana", dry_run=False)
    assert mine.exists()
    organism.clock.move(days=2)
    retain(organism, "*", actor="ana", dry_run=True)
    assert mine.exists()
    retain(organism, "*", actor="ana", dry_run=False)
    assert not mine.parent.exists()


def test_assets_and_partitions_have_folders_of_their_own() -> None:
    settings = replace(memory_organism(()).settings, values="/values")
    names = {
        scratch_folder(settings, key, part, "1") for key in ("a/b", "a_b", "a%2fb", "../a") for part in ("", "day=1")
    }
    assert len(names) == 8
    assert all(each.parents[1] == Path("/values/unfinished") for each in names)


URL, SCHEDULER = "s3://bucket/values", "tcp://host:8786"


def test_values_in_an_object_store_and_workers_elsewhere_need_a_folder_for_both() -> None:
    settings = replace(memory_organism(()).settings, values=URL, slices="dask", dask_address=SCHEDULER)
    mapper = sharing_of(settings).mapper()
    with pytest.raises(SettingsError, match=r"ORGANISM_VALUES is an object store.* set ORGANISM_SCRATCH"):
        list(mapper.each(print, [1]))
    assert list(mapper.each(print, [])) == []  # where nothing is handed out, nothing is missing


@pytest.mark.parametrize(
    "otherwise",
    [{"scratch": "/shared"}, {"values": "/shared"}, {"values": None}, {"dask_address": None}, {"slices": "threads"}],
)
def test_a_folder_for_both_or_a_cluster_of_this_machine_hinders_nothing(otherwise: dict[str, Any]) -> None:
    settings = replace(memory_organism(()).settings, values=URL, slices="dask", dask_address=SCHEDULER)
    assert getattr(sharing_of(replace(settings, **otherwise)).mapper(), "hindrance", None) is None


def test_unfinished_work_has_a_folder_of_its_own_where_one_is_set() -> None:
    settings = memory_organism(()).settings
    for otherwise, root in (({"scratch": "/shared", "values": URL}, "/shared"), ({"values": "/values"}, "/values")):
        folder = scratch_folder(replace(settings, **otherwise), "a", "", "1")
        assert folder.parents[1] == Path(root) / "unfinished"
