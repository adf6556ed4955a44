"""A head has its value, whenever PostgreSQL is killed: the value's row is not waited for, the version after it is."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from causal_organism.assets.contents import Stored
from causal_organism.assets.versions import Provenance, Version
from causal_organism.engine.contents import stored_content
from causal_organism.errors import FencedError, LeaseHeldError, StoreError
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.ledger import PostgresLedger
from causal_organism.stores.values.store import Values
from tests.chaos.killing import Chaos, Victims
from tests.stores.truth import NOW
from tests.waiting import PATIENCE_S, until

pytestmark = [pytest.mark.servers, pytest.mark.chaos]

KEYS = ("small", "whole", "patched")
PEOPLE = 400
KILLS = 8


@dataclass(eq=False)
class Publisher(threading.Thread):
    """Publishes new versions of one key until told to stop; `acknowledged` is the last number it was told of."""

    dsn: str
    files: Path
    key: str
    acknowledged: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self._database = Database(self.dsn)
        self._ledger, self._values = PostgresLedger(self._database), Values(self._database, self.files)

    def run(self) -> None:
        turn = 0
        base: Stored | None = None
        while not self.stop.is_set():
            turn += 1
            try:
                base = self._publish(turn, base)
            except (StoreError, FencedError, LeaseHeldError):
                base = None
                time.sleep(0.01)
        self._database.close()

    def _publish(self, turn: int, base: Stored | None) -> Stored:
        with self._ledger.hold(self.key, "", f"{self.key}-{turn}", ttl_s=0.2) as lease:
            content, write = self._values.describe(self._value(turn), base=base if self.key == "patched" else None)
            stored = write()
            version = Version(
                key=self.key, number=0, fingerprint=content, made_at=NOW, run=None, actor="chaos", trigger="chaos",
                provenance=Provenance(code_version="1", inputs={}), content=stored, metadata={"turn": turn},
            )  # fmt: skip
            self.acknowledged = self._ledger.publish(lease, version).number
        return stored

    def _value(self, turn: int) -> object:
        if self.key == "small":
            return {"turn": turn}
        score = np.arange(PEOPLE, dtype=np.int64)
        score[0 if self.key == "patched" else slice(None)] += turn
        return {"id": np.array([f"p{at}" for at in range(PEOPLE)], dtype=object), "score": score}


def test_no_head_is_without_its_value_however_often_postgresql_is_killed(
    chaos: Chaos, victims: Victims, tmp_path: Path
) -> None:
    dsn = chaos.settings.need("postgres_dsn")
    publishers = [Publisher(dsn, tmp_path, key) for key in KEYS]
    for each in publishers:
        each.start()
    for turn in range(KILLS):
        until(_published(publishers, 3), "all published")
        time.sleep(chaos.chance.random() * 0.02)
        if turn == KILLS - 1:
            victims.kill("ledger")
        else:
            _kill_a_session(dsn)
        told = {each.key: each.acknowledged for each in publishers}
        _assert_heads_have_values(dsn, tmp_path, told)
    for each in publishers:
        each.stop.set()
    for each in publishers:
        each.join(PATIENCE_S)
    stores = {place for each in publishers for place in _stores(dsn, each.key)}
    assert stores == {"row", "patch"}
    print(f"\n{sum(each.acknowledged for each in publishers)} versions, {KILLS} kills")


def _published(publishers: Sequence[Publisher], more: int) -> Callable[[], bool]:
    goals = [each.acknowledged + more for each in publishers]
    return lambda: all(each.acknowledged >= goal for each, goal in zip(publishers, goals, strict=True))


def _kill_a_session(dsn: str) -> None:
    """One process of the server killed with -9 takes all others and the shared memory with it: what was not yet
    written to disk is lost, and the server begins again from its log.
    """
    with psycopg.connect(dsn) as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)


def _assert_heads_have_values(dsn: str, files: Path, told: dict[str, int]) -> None:
    """Read by somebody who remembers nothing."""
    database = Database(dsn)
    found: list[Version] = []

    def answers() -> bool:
        try:
            found[:] = [head.version for head in PostgresLedger(database).heads().values()]
        except StoreError:
            return False
        return True

    until(answers, "the server answers")
    assert {each.key for each in found} == set(KEYS)
    for each in found:
        assert each.number >= told[each.key], f"{each.key}@{told[each.key]} was acknowledged"
        value, turn = _load(database, files, each), each.metadata["turn"]
        if each.key == "small":
            assert value == {"turn": turn}
        else:
            assert value["score"][0] == turn
    database.close()


def _load(database: Database, files: Path, version: Version) -> Any:
    def load() -> tuple[Any] | None:
        try:
            return (Values(database, files).load(stored_content(version)),)
        except StoreError:  # the connection was made while the server went down
            return None

    return until(load, "the value was read")[0]


def _stores(dsn: str, key: str) -> set[str]:
    with psycopg.connect(dsn) as connection:
        return {
            place
            for (place,) in connection.execute(
                "SELECT DISTINCT value ->> 'store' FROM organism.version WHERE key = %s", (key,)
            )
        }
