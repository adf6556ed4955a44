"""What people list does not get slower with history: a million versions and 100,000 runs against a tenth, and 500.

Both ledgers have the same 1,000 places (500 assets, and 5 of 100 partitions each), the newest 100 versions of each are
kept. In the small one there are no others, and 500 runs; in the large one ten assets have 50,000 versions, all others
505, and there are 100,000 runs of 10 steps. Generated inside PostgreSQL.
In one process, the least of several, turns taken; so the start of a process, which is the same for both, hides nothing.

python -m benchmarks.ledger [rounds]    (a temporary home with PostgreSQL)
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import psycopg

from benchmarks.partitions import ledger
from benchmarks.peers import load
from causal_organism.assets.definitions import Asset, AssetSpec, Keep
from causal_organism.assets.graph import graph_of
from causal_organism.assets.partitions.dimensions import Static
from causal_organism.engine.history.listing import assets_document, versions_document
from causal_organism.engine.history.retain import retain
from causal_organism.engine.plan import make_plan
from causal_organism.engine.requests import Origin, Request
from causal_organism.platform.run_listing import load_runs
from causal_organism.settings import Settings
from causal_organism.wiring import OpenOrganism

ASSETS, PARTITIONED, PARTITIONS = 500, 5, 100
DEEP, DEEP_VERSIONS = 10, 50_000
SMALL, LARGE = 100, 505  # versions of each place that is not deep
SMALL_RUNS, LARGE_RUNS = 500, 100_000
STEPS = 10  # of a run
SHOWN = 100  # versions, by default
KEPT = 100  # by the policy of every asset

PLACES = """
    CREATE TEMPORARY TABLE place AS
    SELECT 'a' || n AS key, '' AS partition, n FROM generate_series(0, %(assets)s - 1) n
    UNION ALL SELECT 'p' || p, 'who=n' || n, -1 FROM generate_series(0, %(partitioned)s - 1) p,
        generate_series(0, %(partitions)s - 1) n
"""
FILL = (
    """
    INSERT INTO organism.version (key, partition, number, fingerprint, made_at, run, actor, trigger, code_version,
        inputs, value, metadata, kept)
    SELECT key, partition, number, 'content' || number, now() - make_interval(mins => %(deep_versions)s - number),
        'run' || number, 'bench', 'schedule', 'old',
        CASE WHEN n <= 0 THEN '{}'::jsonb ELSE jsonb_build_object('a' || (n - 1),
            jsonb_build_object('version', number, 'fingerprint', 'content' || number)) END,
        '{"format": "json", "bytes": 1, "store": "row"}', '{"rows": 1}', number > last - %(kept)s
    FROM (SELECT *, CASE WHEN n BETWEEN 0 AND %(deep)s - 1 THEN %(deep_versions)s ELSE %(versions)s END AS last
        FROM place) p, generate_series(1, last) AS number
    """,
    """
    INSERT INTO organism.head (key, partition, number, code_version, inputs, confirmed_at)
    SELECT DISTINCT ON (key, partition) key, partition, number, code_version, inputs, made_at FROM organism.version
    ORDER BY key, partition, number DESC
    """,
    """
    INSERT INTO organism.run (id, flow, selection, trigger, actor, started_at, ended_at, outcome, document)
    SELECT 'run' || n, 'refresh-assets', '*', 'schedule', 'bench', now() - make_interval(secs => 300 * n),
        now() - make_interval(secs => 300 * n - 10), 'done', '{"schema": "organism.refresh/1"}'
    FROM generate_series(1, %(runs)s) n
    """,
    """
    INSERT INTO organism.step (run, key, outcome, version, seconds, at)
    SELECT 'run' || n, 'a' || ((n * %(steps)s + s) %% %(assets)s), 'made', 1, 0.1,
        now() - make_interval(secs => 300 * n)
    FROM generate_series(1, %(runs)s) n, generate_series(0, %(steps)s - 1) s
    """,
    "ANALYZE",
)


def main(rounds: int = 15) -> None:
    with ledger() as settings, ExitStack() as opened:
        ledgers = {}
        for name, deep, versions, runs in (
            ("small", SMALL, SMALL, SMALL_RUNS),
            ("large", DEEP_VERSIONS, LARGE, LARGE_RUNS),
        ):
            ledgers[name] = opened.enter_context(filled(settings, name, deep, versions, runs))
        for what, ask in QUESTIONS.items():
            small, large = asked(ask, ledgers, rounds)
            print(f"{what:<22} {small * 1000:7.1f} ms, with a million versions {large * 1000:7.1f} ms: ", end="")
            print(f"{large / small:.2f} x ({load()})")


QUESTIONS: Mapping[str, Callable[[OpenOrganism], Any]] = {
    "assets": lambda o: assets_document(o, "*", allow_empty=False),
    "runs": lambda o: load_runs(o, limit=30),
    "versions (deep)": lambda o: versions_document(o, "a5", limit=SHOWN),
    "versions (others)": lambda o: versions_document(o, "a400", limit=SHOWN),
    "plan '*'": lambda o: make_plan(o, Request("*"), Origin("bench", "bench")),
    "durations": lambda o: o.ledger.durations(),
    "retain --dry-run": lambda o: retain(o, "*", dry_run=True, actor="bench"),
}


def asked(ask: Callable[[Any], Any], ledgers: Mapping[str, Any], rounds: int) -> tuple[float, float]:
    taken: dict[str, list[float]] = {name: [] for name in ledgers}
    for at in range(rounds + 1):  # the first warms up
        for name, organism in ledgers.items():
            began = time.perf_counter()
            ask(organism)
            if at:
                taken[name].append(time.perf_counter() - began)
    return min(taken["small"]), min(taken["large"])


@contextmanager
def filled(settings: Settings, name: str, deep: int, versions: int, runs: int) -> Iterator[OpenOrganism]:
    dsn = settings.need("postgres_dsn")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE ledger_{name}".encode())
    settings = replace(settings, postgres_dsn=dsn.rpartition("/")[0] + f"/ledger_{name}", read_only=True)
    with OpenOrganism(settings) as organism:
        organism.graph = graph_of(assets())
        numbers = {
            "assets": ASSETS, "partitioned": PARTITIONED, "partitions": PARTITIONS, "deep": DEEP, "deep_versions": deep,
            "versions": versions, "runs": runs, "steps": STEPS, "kept": KEPT,
        }  # fmt: skip
        with organism.database.connection() as connection:
            for statement in (PLACES, *FILL):
                connection.execute(statement.encode(), numbers if "%" in statement else None)
        with organism.database.connection(single=True) as connection:
            connection.execute("VACUUM")
        yield organism


def assets() -> list[Asset]:
    def compute(**_: Any) -> None: ...

    who = {"who": Static(*(f"n{at}" for at in range(PARTITIONS)))}
    specs = [
        AssetSpec(
            key=f"a{n}",
            kind="derived",
            reads={"before": f"a{n - 1}"} if n else {},
            code_version="old",
            compute=compute,
            keep=Keep(last=KEPT),
        )
        for n in range(ASSETS)
    ]
    specs += [
        AssetSpec(
            key=f"p{p}", kind="derived", partitions=who, code_version="old", compute=compute, keep=Keep(last=KEPT)
        )
        for p in range(PARTITIONED)
    ]
    return [Asset((each,)) for each in specs]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
