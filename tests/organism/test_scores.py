"""Published scores stand on the people in the network: only what changed is written, and never an older version."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from causal_organism.assets.definitions import asset
from causal_organism.assets.exports import Effects, Proposals, Readings, Scores
from causal_organism.assets.graph import graph_of
from causal_organism.catalog import ASSETS
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.errors import GraphError, StoreError
from causal_organism.organism.projections.scores import property_name, write_scores
from causal_organism.ports.network import ScoresPosition, ScoresWrite
from tests.engine.living import KINDS, event, living, living_in_memory, pulsed
from tests.stores.networks import scores_in

VIEWS = "views/degree, views/reciprocity"
KEYS = {"network", "people", "views/degree", "views/strength", "views/reciprocity"}
WRITTEN = [each for each in ASSETS if {spec.key for spec in each.specs} <= KEYS]


class Watched:
    """A network store whose writes of scores are noted."""

    def __init__(self, network: Any):
        self._network = network
        self.writes: list[ScoresWrite] = []
        self.away = False
        self.seen: Any = None  # in place of what is there: somebody else wrote since

    def __getattr__(self, name: str) -> Any:
        return getattr(self._network, name)

    def scores(self) -> Any:
        if self.away:
            raise StoreError("the network's server: gone")
        return self._network.scores() if self.seen is None else self.seen

    def write_scores(self, write: ScoresWrite) -> bool:
        self.writes.append(write)
        return bool(self._network.write_scores(write))


@pytest.fixture(params=KINDS)
def organism(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    for found in living(request, tmp_path):
        watched = {"network": Watched(found.network), "graph": graph_of(WRITTEN)}
        if isinstance(found, SimpleNamespace):
            vars(found).update(watched)
        else:
            found.__dict__.update(watched)
        yield found


def refreshed(organism: Any, *events: Any) -> list[tuple[str, list[str]]]:
    """(`views/degree@2`, people) that were written after a pulse with these events."""
    organism.stream.append(events)
    pulsed(organism)
    organism.network.writes.clear()
    refresh_local(organism, Request(VIEWS), Origin("ana"))
    return [
        (f"{each.key}@{each.version}", sorted(person for person, _ in each.rows))
        for write in organism.network.writes
        for each in (write, *write.beside)
    ]


def scores(organism: Any) -> dict[str, dict[str, object]]:
    return scores_in(organism.network._network)


def test_scores_are_properties_of_people_and_only_those_that_changed_are_written(organism: Any) -> None:
    first = refreshed(organism, event("a", "b"), event("b", "a"), event("c", "d"))
    assert first == [("views/degree@1", ["a", "b", "c", "d"]), ("views/reciprocity@1", ["a", "b", "c", "d"])]
    assert scores(organism)["a"] == {"degree_in": 1, "degree_out": 1, "degree_neighbours": 1, "reciprocity": 1.0}
    again = refreshed(organism, event("a", "e"))
    assert again == [("views/degree@2", ["a", "e"]), ("views/reciprocity@2", ["a", "e"])]
    assert organism.network.writes[0].after == 1
    assert scores(organism)["a"]["degree_out"] == 2
    assert scores(organism)["e"]["degree_in"] == 1
    assert {key: each.version for key, each in organism.network.scores().items()} == {
        "views/degree": 2,
        "views/reciprocity": 2,
    }
    assert write_scores(organism) == ()


def test_what_is_no_number_is_no_property(organism: Any) -> None:
    organism.archive.accept_people(["z"], now=organism.now())
    refreshed(organism, event("a", "b"))
    assert math.isnan(organism.ledger.heads() and _reciprocity(organism, "z"))
    assert scores(organism)["z"] == {"degree_in": 0, "degree_out": 0, "degree_neighbours": 0}


def _reciprocity(organism: Any, person: str) -> float:
    head = organism.ledger.heads()["views/reciprocity", ""].version
    value = organism.values.load(head.content)
    return float(value["reciprocity"][value["id"].tolist().index(person)])


def test_a_network_that_was_made_again_gets_all_scores_again(organism: Any) -> None:
    refreshed(organism, event("a", "b"), event("c", "d"))
    before = scores(organism)
    organism.network.clear()
    pulsed(organism)
    assert scores(organism) == {}
    assert write_scores(organism) == ("views/degree@1", "views/reciprocity@1")
    assert scores(organism) == before


def test_a_server_that_is_away_is_made_up_for(organism: Any) -> None:
    organism.network.away = True
    assert refreshed(organism, event("a", "b")) == []
    assert organism.ledger.heads()["views/degree", ""].version.number == 1
    organism.network.away = False
    assert write_scores(organism) == ("views/degree@1", "views/reciprocity@1")


def test_without_the_version_before_all_rows_are_written(organism: Any) -> None:
    refreshed(organism, event("a", "b"), event("c", "d"))
    organism.network.away = True
    refreshed(organism, event("a", "c"))
    organism.ledger.retire("views/degree", "", [1])
    organism.network.away = False
    write_scores(organism)
    assert [(each.key, each.after, len(each.rows)) for each in organism.network.writes] == [("views/degree", 0, 4)]


def test_what_a_version_that_is_not_known_left_on_people_goes(organism: Any) -> None:
    organism.network.away = True
    refreshed(organism, event("a", "b"))
    names = ("degree_in", "degree_old")
    older = ScoresWrite(
        key="views/degree", version=1, fingerprint="x", after=0, batch=1, rows=[("a", {"degree_old": 9})],
        properties=names,
    )  # fmt: skip
    organism.network.write_scores(older)
    assert organism.network._network.scores()["views/degree"].properties == names
    organism.network.away = False
    assert refreshed(organism, event("a", "c"))[0] == ("views/degree@2", ["a", "b", "c"])
    found = scores(organism)["a"]
    assert (found["degree_out"], "degree_old" in found) == (2, False)
    assert organism.network.scores()["views/degree"].properties == ("degree_in", "degree_out", "degree_neighbours")


def test_all_views_of_a_pulse_go_in_at_once(organism: Any) -> None:
    refreshed(organism, event("a", "b"))
    refreshed(organism, event("b", "c"))
    assert [(each.key, [other.key for other in each.beside]) for each in organism.network.writes] == [
        ("views/degree", ["views/reciprocity"])
    ]


def test_where_one_view_may_not_go_in_the_others_do(organism: Any) -> None:
    refreshed(organism, event("a", "b"))
    organism.network.seen = dict(organism.network.scores())
    newer = ScoresWrite(key="views/degree", version=9, fingerprint="x", after=0, batch=1, rows=[])
    organism.network.write_scores(newer)
    refreshed(organism, event("c", "b"), event("b", "a"))
    assert scores(organism)["a"] == {"degree_in": 0, "degree_out": 1, "degree_neighbours": 1, "reciprocity": 1.0}
    assert {key: each.version for key, each in organism.network._network.scores().items()} == {
        "views/degree": 9,
        "views/reciprocity": 2,
    }


def test_what_somebody_newer_wrote_stays(organism: Any) -> None:
    refreshed(organism, event("a", "b"))
    newer = ScoresWrite(
        key="views/degree", version=9, fingerprint="x", after=0, batch=1, rows=[("a", {"degree_in": 9})]
    )
    organism.network.write_scores(newer)
    refreshed(organism, event("c", "b"))
    assert scores(organism)["a"]["degree_in"] == 9
    assert organism.network.scores()["views/degree"] == ScoresPosition(version=9, fingerprint="x")


@pytest.mark.parametrize(
    ("key", "column", "name"),
    [
        ("views/degree", "in", "degree_in"),
        ("views/betweenness", "betweenness", "betweenness"),
        ("views/clustering", "triangles", "clustering_triangles"),
        ("views/acme/risk", "risk", "acme_risk_risk"),
        ("views/ü-1", "a.b", "__1_a_b"),
        ("views/id", "id", "id_"),
        ("views/idx", "idx", "idx_"),
    ],
)
def test_names(key: str, column: str, name: str) -> None:
    assert property_name(key, column) == name


def test_what_goes_to_the_network_is_declared_and_not_told_from_a_key(tmp_path: Path) -> None:
    """An author's view stays out, whatever it is called; one that exports its scores goes in."""

    @asset(key="views/mine")
    def mine(network: Any) -> Any:
        return pd.DataFrame({"id": network.ids, "score": 1})

    @asset(key="views/told", exports=Scores())
    def told(network: Any) -> Any:
        return pd.DataFrame({"id": network.ids, "score": 2})

    found = living_in_memory(tmp_path)
    vars(found).update(graph=graph_of([*WRITTEN, mine, told]))
    found.stream.append([event("a", "b")])
    pulsed(found)
    refresh_local(found, Request("views/mine, views/told"), Origin("ana"))
    assert {name for each in scores_in(found.network).values() for name in each} == {"told_score"}
    assert write_scores(found) == ()


def test_teams_are_no_people_and_what_is_exported_is_one_of_four() -> None:
    exports = {spec.key: spec.exports for each in ASSETS for spec in each.specs}
    assert {key for key, each in exports.items() if isinstance(each, Scores)} == {
        key for key in exports if key.startswith("views/") and key != "views/teams"
    }
    assert (exports["views/teams"], exports["causal/effects"]) == (Readings(), Effects())
    assert (exports["interventions/proposals"], exports["panel"]) == (Proposals(), None)
    with pytest.raises(GraphError, match=r"exports is 'Neo4j'; write Scores\(\) or Readings\(\)"):
        asset(key="a", exports="Neo4j")(lambda: 1)  # type: ignore[call-overload]
