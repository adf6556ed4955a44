"""`organism check` says whether the home's watcher looks, since it tells nobody of itself."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import pytest

from causal_organism.embedded.servers.watch import ALIVE_FILE, SILENT_S
from tests.embedded.killing import process_of, send
from tests.waiting import until

pytestmark = [pytest.mark.servers]


def watch_row(own_home: Any) -> dict[str, Any]:
    """Other rows are red: nothing else runs in this home."""
    found = json.loads(own_home.run("check", "--json").stdout)["connections"]
    return next(each for each in found if each["name"] == "watch")


def test_a_watcher_that_hangs_is_a_fault_and_one_that_looks_is_told_with_its_last_look(own_home: Any) -> None:
    assert watch_row(own_home)["about"].startswith("nobody has looked from this home yet")
    own_home.json("up", "--only", "watch")
    until(lambda: watch_row(own_home)["about"].startswith("looked "), "it has looked")
    assert watch_row(own_home)["healthy"]
    main = until(lambda: process_of(own_home, "watch"), "the watcher runs")
    send([main], signal.SIGSTOP)
    alive = own_home.folder / "watch" / ALIVE_FILE
    began = alive.stat().st_mtime - 2 * SILENT_S
    os.utime(alive, (began, began))
    found = watch_row(own_home)
    send([main], signal.SIGCONT)
    assert (found["healthy"], found["reached"]) == (False, True)
    assert found["error"] == "organism watch of this home is not answering; meanwhile nobody is told of faults"
