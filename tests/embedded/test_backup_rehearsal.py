"""The rehearsal: a home is destroyed, another one is made of its backup, and every number in it is the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from causal_organism.organism.stream.lag import stream_state
from causal_organism.organism.stream.pulse import pulse
from causal_organism.wiring import OpenOrganism
from tests.embedded.conftest import OwnHome
from tests.organism.pulses import events, interactions
from tests.stores.truth import network_in, ties_of

STORES = ("--only", "ledger,stream,network")
READ = ("network", "views/degree", "views/pagerank", "views/clustering", "people")


def taken_in(own: OwnHome) -> None:
    with OpenOrganism(own.settings()) as organism:
        pulse(organism, run="run-1", actor="ana", trigger="manual", holder="h1")


def numbers(own: OwnHome) -> dict[str, Any]:
    """What commands print of assets, their history and the log."""
    found: dict[str, Any] = {key: own.json("read", key) for key in READ}
    found |= {f"versions of {key}": own.json("versions", key) for key in READ}
    found["dead letters"] = own.json("dead-letters")
    found["interventions"] = own.json("interventions")
    with OpenOrganism(own.settings()) as organism:
        found["lag"] = stream_state(organism)["lag"]
    return found


def test_a_destroyed_home_is_made_again_elsewhere(make_home: Callable[[], OwnHome], tmp_path: Any) -> None:
    old, new = make_home(), make_home()
    waiting = events(4, seed=5)
    old.json("up", *STORES)
    (tmp_path / "people.csv").write_text(
        "id,name,team\n" + "".join(f"{each},{each.upper()},x\n" for each in "abcdefgh")
    )
    old.json("import", "people", str(tmp_path / "people.csv"))
    with OpenOrganism(old.settings()) as organism:
        organism.stream.append([*events(60), {"source": "a", "target": "a", "at": "1"}])
    taken_in(old)
    assert old.run("refresh", "views/*", "--local").returncode == 0
    with OpenOrganism(old.settings()) as organism:
        organism.stream.append(waiting)
    before = numbers(old)

    (old.folder / "studies").mkdir()
    (old.folder / "studies" / "pilot.csv").write_text("id,week\na,2026-W01\n")

    backup = tmp_path / "backup"
    assert old.json("backup", str(backup))["stream"]["waiting"] == 4
    old.json("down", "--delete-data", "--yes")
    assert list(old.folder.iterdir()) == []

    new.json("up", *STORES)
    restored = new.json("restore-backup", str(backup))
    assert (restored["waiting"], restored["missing"]) == (4, 0)
    assert numbers(new) == before
    assert (new.folder / "studies" / "pilot.csv").read_text() == "id,week\na,2026-W01\n"
    assert json.loads(new.run("check", "--network", "--json").stdout)["network"]["same"]
    assert new.run("audit", "verify").returncode == 0
    again = new.run("restore-backup", str(backup), "--json")
    assert (again.returncode, json.loads(again.stdout)["error"]["code"]) == (4, "not-empty")

    taken_in(new)
    with OpenOrganism(new.settings()) as organism:
        assert network_in(organism.network)[1] == ties_of(interactions([*events(60), *waiting]))
