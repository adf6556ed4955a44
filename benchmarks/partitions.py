"""Plans of partitions grow with their number, not faster: 5,000 against 50,000 in each of two assets, on PostgreSQL.

The ledger is read once and joined with nothing per partition; an asset without partitions reads all of the second.

python -m benchmarks.partitions    (a temporary home with PostgreSQL)
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from causal_organism.assets.definitions import Asset, asset
from causal_organism.assets.graph import graph_of
from causal_organism.assets.partitions.dimensions import Static
from causal_organism.assets.partitions.upstream import Upstream
from causal_organism.embedded import lifecycle
from causal_organism.embedded.home import Home
from causal_organism.embedded.servers import postgres
from causal_organism.engine.plan import make_plan
from causal_organism.engine.requests import Origin, Request
from causal_organism.settings import Settings, load_settings
from causal_organism.stores.postgres.database import Database
from causal_organism.wiring import OpenOrganism

SMALL, LARGE = 5_000, 50_000
TIMES = 3

FILL = (
    """
    INSERT INTO organism.version
        (key, partition, number, fingerprint, made_at, actor, trigger, code_version, inputs, value)
    SELECT key, 'who=n' || n, 1, 'content', now(), 'bench', 'bench', 'old',
           CASE key WHEN 'first' THEN '{}' ELSE
               jsonb_build_object('first', jsonb_build_object(
                   'version', 1, 'fingerprint', 'content', 'partition', 'who=n' || n)) END,
           '{"format": "json", "bytes": 1, "store": "row"}'
    FROM unnest(ARRAY['first', 'second']) AS key, generate_series(0, %s - 1) AS n
    """,
    """
    INSERT INTO organism.head (key, partition, number, code_version, inputs, confirmed_at)
    SELECT key, partition, number, code_version, inputs, made_at FROM organism.version
    """,
    "ANALYZE organism.version, organism.head",
)


def main() -> None:
    with ledger() as settings:
        nothing, everything = zip(*(seconds_to_plan(settings, count) for count in (SMALL, LARGE)), strict=True)
    for what, (small, large) in (("nothing to do", nothing), ("everything to do", everything)):
        print(f"plan, {what}: 2 × {SMALL:,} partitions {small:.2f} s, 2 × {LARGE:,} {large:.2f} s; ", end="")
        print(f"{LARGE / SMALL:.0f} times the partitions take {large / small:.1f} times as long")


def seconds_to_plan(settings: Settings, count: int) -> tuple[float, float]:
    """(with everything up to date, with the code of the first asset changed); the least of three, reading included."""
    database = Database(settings.need("postgres_dsn"))
    with database.connection() as connection:
        connection.execute("TRUNCATE organism.head, organism.version")
        connection.execute(FILL[0].encode(), (count,))
        for statement in FILL[1:]:
            connection.execute(statement.encode())
    database.close()
    with OpenOrganism(settings) as organism:
        taken = []
        for code, expected in (("old", 1), ("new", 2 * count + 1)):
            organism.graph = graph_of(assets(count, code))
            taken.append(min(_planning(organism, expected) for _ in range(TIMES)))
    return taken[0], taken[1]


def _planning(organism: Any, expected: int) -> float:
    began = time.perf_counter()
    planned = make_plan(organism, Request("*"), Origin("bench", "bench"))
    assert len(planned.steps) == expected  # the total was never made
    return time.perf_counter() - began


def assets(count: int, code: str) -> tuple[Asset, ...]:
    who = {"who": Static(*(f"n{at}" for at in range(count)))}

    @asset(partitions=who, code_version=code)
    def first() -> Any: ...

    @asset(partitions=who, code_version="old")
    def second(first: Any) -> Any: ...

    @asset(code_version="old", reads={"second": Upstream("second", who="all")})
    def total(second: Any) -> Any: ...

    return first, second, total


@contextmanager
def ledger() -> Iterator[Settings]:
    folder = Path(tempfile.mkdtemp(prefix="organism-bench-"))
    environ = {"PATH": os.environ["PATH"], "ORGANISM_HOME": str(folder), "ORGANISM_ACTOR": "bench"}
    try:
        lifecycle.up(folder, ("ledger",), environ=environ, owned=True)
        yield replace(load_settings(environ), read_only=True)
    finally:
        lifecycle.down(folder)
        postgres.remove_data(Home(folder))
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
