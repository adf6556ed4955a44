"""Work that was broken off goes on by the code that began it, and by no other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import causal_organism
from causal_organism.assets.definitions import Asset, asset
from causal_organism.errors import StoreError
from tests.engine.organisms import memory_organism, refreshed, with_graph

MAKE = """
import json, sys, threading
from causal_organism.assets.contents import AtBatch
from causal_organism.assets.definitions import platform_source
from causal_organism.catalog import ego
from causal_organism.errors import StoreError
from causal_organism.engine.contents import load_value
from causal_organism.engine.runs.refresh import begin, make_all
from causal_organism.engine.requests import Origin, Request
from causal_organism.organism.projections.network_source import NetworkSource
from causal_organism.ports import Look
from causal_organism.sharing import slices
from causal_organism.sharing import people
from causal_organism.views import share
from tests.engine.organisms import memory_organism
from tests.views.references import random_network

scratch, most = sys.argv[1], int(sys.argv[2])
share._QUICK_PATHS, people._PATHS = 0, 4_000  # so that a small network is shared out too
network, done, begun, turn = random_network(5, 400, 2_000), [], [], threading.Lock()
do = slices.do

def counted(each):
    with turn:
        begun.append(each)
        if len(begun) > most:
            raise StoreError("broken off")
    do(each)
    done.append(each)

slices.do = counted
organism = memory_organism((platform_source("network", description=""), ego), scratch=scratch)


class Given(NetworkSource):
    def look(self):
        return Look(fingerprint=network.fingerprint, write=lambda: AtBatch(name=network.fingerprint, number=1))

    def load(self, content):
        return network


organism.sources["network"] = Given(organism)
run = begin(organism, Request("views/ego"), Origin("ana", "cli"))
make_all(run)
head = organism.ledger.heads().get(("views/ego", ""))
values = None if head is None else load_value(organism, head.version)["betweenness"].tolist()
print(json.dumps({"outcome": run.outcomes["views/ego", ""].outcome, "computed": len(done), "values": values}))
"""


def make(package: Path, scratch: Path, most: int = 10**9) -> Any:
    """A make of `views/ego` by the package in a folder, in a process that breaks off after `most` slices."""
    path = os.pathsep.join([str(package), str(Path(__file__).parents[2])])
    found = subprocess.run(
        [sys.executable, "-c", MAKE, str(scratch), str(most)],
        check=True, stdout=subprocess.PIPE, text=True, cwd=package, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    return json.loads(found.stdout)


def copied(folder: Path) -> Path:
    shutil.copytree(
        Path(causal_organism.__file__).parent, folder / "causal_organism", ignore=shutil.ignore_patterns("*.nb[ic]")
    )
    return folder


@pytest.mark.large
def test_slices_of_other_code_are_not_gone_on_with_though_only_a_helper_of_a_helper_changed(tmp_path: Path) -> None:
    package = copied(tmp_path / "package")
    assert make(package, tmp_path / "one", 5) == {"outcome": "failed", "computed": 5, "values": None}
    resumed = make(package, tmp_path / "one")
    at_once = make(package, tmp_path / "two")
    assert resumed["values"] == at_once["values"]
    assert resumed["computed"] == at_once["computed"] - 5 > 5

    assert make(package, tmp_path / "three", 5)["computed"] == 5
    helper = package / "causal_organism" / "views" / "kernels" / "ragged.py"  # of open_pairs.py, which the kernel calls
    helper.write_text(helper.read_text().replace("minlength=ranges).astype", "minlength=ranges).__mul__(3.0).astype"))
    resumed = make(package, tmp_path / "three")
    assert resumed == make(package, tmp_path / "four")
    assert (resumed["computed"], resumed["values"] != at_once["values"]) == (at_once["computed"], True)
    assert len(list((tmp_path / "three").glob("unfinished/*/*"))) == 1  # what the other code began is gone


def counting(number: int, code: str, most: int) -> Asset:
    """Adds `number` in each of ten parts, one file a part, and breaks off before the part `most`."""

    @asset(key="sum", code_version=code)
    def total(context: Any) -> int:
        context.scratch.mkdir(parents=True, exist_ok=True)
        for part in range(10):
            file = context.scratch / str(part)
            if not file.exists():
                if part == most:
                    raise StoreError("broken off")
                file.write_text(str(number))
        return sum(int((context.scratch / str(part)).read_text()) for part in range(10))

    return total


def test_an_asset_that_keeps_unfinished_work_finds_what_its_own_code_left_and_no_other(tmp_path: Path) -> None:
    organism = memory_organism((counting(1, "1", 4),), scratch=str(tmp_path))
    assert refreshed(organism) == [("sum", "failed")]
    (begun,) = tmp_path.glob("unfinished/*/*")
    edited = with_graph(organism, (counting(5, "2/..", 9),))
    assert refreshed(edited) == [("sum", "failed")]
    assert refreshed(with_graph(organism, (counting(7, "2/..", 10),))) == [("sum", "made")]
    head = organism.ledger.heads()["sum", ""].version
    assert organism.values.load(head.content) == 9 * 5 + 7
    assert not begun.exists()
