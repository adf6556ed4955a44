"""Assets for flow runs, in their own process too: what they do is told by files in a folder."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from causal_organism.assets.definitions import Retry, asset, platform_source, source
from causal_organism.assets.partitions.dimensions import Static
from causal_organism.assets.partitions.upstream import Upstream
from causal_organism.errors import StoreError

FOLDER = "ORGANISM_TEST_FOLDER"


def _folder() -> Path:
    return Path(os.environ[FOLDER])


def _count(name: str) -> int:
    """How often this was called, this time included."""
    file = _folder() / name
    count = int(file.read_text()) + 1 if file.exists() else 1
    beside = file.with_name(f"{name}.new")
    beside.write_text(str(count))
    beside.replace(file)  # a test may read it at any moment
    return count


@source(key="flows/rows")
def rows() -> Any:
    return [1, 2, 3]


@asset(key="flows/total", reads={"rows": "flows/rows"}, code_version="1", tags={"pulse": ""})
def total(rows: Any, context: Any) -> Any:
    context.log("adding up")
    return sum(rows)


@asset(key="flows/flaky", reads={"total": "flows/total"}, code_version="1", retry=Retry(times=2, delay_s=0.1))
def flaky(total: Any) -> Any:
    if _count("flaky") < 3:
        raise StoreError("the store broke off")
    return total + 1


@asset(key="flows/other", reads={"total": "flows/total"}, code_version="1")
def other(total: Any) -> Any:
    return total * 2


@asset(key="flows/behind", reads={"flaky": "flows/flaky"}, code_version="1")
def behind(flaky: Any) -> Any:
    return flaky * 10


@asset(key="flows/bad", reads={"total": "flows/total"}, code_version="1", retry=Retry(times=2, delay_s=0.1))
def bad(total: Any) -> Any:
    _count("bad")
    raise ValueError("no [/] way")


@asset(key="flows/blocked", reads={"bad": "flows/bad"}, code_version="1")
def blocked(bad: Any) -> Any:
    return bad


@asset(key="flows/slow", reads={"rows": "flows/rows"}, code_version="1")
def slow(rows: Any) -> Any:
    _count("slow")
    if (_folder() / "go").exists():
        return 1
    time.sleep(600)  # until the run is cancelled
    return 1


@asset(key="commands/total", reads={"rows": "flows/rows"}, code_version="1")
def commands_total(rows: Any) -> Any:
    return sum(rows)


@asset(key="guide/total", reads={"rows": "flows/rows"}, code_version="1")
def guide_total(rows: Any) -> Any:
    return sum(rows)


@asset(key="commands/first", reads={"rows": "flows/rows"}, code_version="1")
def commands_first(rows: Any, most: int = 1) -> Any:
    return rows[:most]


@asset(key="traced/total", reads={"rows": "flows/rows"}, code_version="1")
def traced_total(rows: Any) -> Any:
    return sum(rows)


@asset(key="flows/pulsing", reads={"total": "flows/total"}, code_version="1", tags={"pulse": ""})
def pulsing(total: Any) -> Any:
    raise ValueError("not today")


@asset(key="flows/parts", reads={"rows": "flows/rows"}, code_version="1", partitions={"site": Static("n", "s")})
def parts(rows: Any, context: Any) -> Any:
    return [context.partition["site"], sum(rows)]


@asset(key="flows/joined", reads={"sites": Upstream("flows/parts", site="all")}, code_version="1")
def joined(sites: Any) -> Any:
    return sorted(sites)


ASSETS = (
    rows, pulsing, total, flaky, other, behind, bad, blocked, slow, commands_total, commands_first, guide_total, parts,
    joined, traced_total,
)  # fmt: skip


@source(key="once/rows")
def once_rows() -> Any:
    return [1, 2, 3]


@asset(key="once/total", reads={"rows": "once/rows"}, code_version="1", tags={"pulse": ""})
def once_total(rows: Any) -> Any:
    return sum(rows)


@asset(key="once/flaky", reads={"total": "once/total"}, code_version="1", retry=Retry(times=1, delay_s=0.1))
def once_flaky(total: Any) -> Any:
    if _count("once-flaky") < 2:
        raise StoreError("the store broke off")
    return total


ONCE = (once_rows, once_total, once_flaky)


@asset(key="once/bad", reads={"total": "once/total"}, code_version="1")
def once_bad(total: Any) -> Any:
    raise ValueError("no [/] way")


@asset(key="once/blocked", reads={"bad": "once/bad"}, code_version="1")
def once_blocked(bad: Any) -> Any:
    return bad


@asset(key="once/waiting", code_version="1")
def once_waiting() -> Any:
    _count("once-waiting")
    while not (_folder() / "once-go").exists():
        time.sleep(0.05)
    return 1


WAITING = (once_waiting,)

FAILING = (once_rows, once_total, once_bad, once_blocked)


@asset(key="once/sample", reads={"rows": "once/rows"}, code_version="1", tags={"progressive": ""})
def once_sample(rows: Any, context: Any) -> Any:
    count = _count("once-sample")
    context.metadata(sources=count, exact=count == 2)
    return count


GROWING = (once_rows, once_total, once_sample)


network = platform_source("network", description="The network of the stream.")


@asset(key="once/people", reads={"network": "network"}, code_version="1", tags={"pulse": ""})
def once_people(network: Any) -> Any:
    return sorted(network.ids)


WATCHING = (network, once_people)

AUDITED = (network, once_rows, once_total)


def _do(name: str) -> int:
    """What the test has written into the file `<name>-will`, word after word; without any, it goes well."""
    count, words = _count(name), _folder() / f"{name}-will"
    word, _, rest = words.read_text().partition(" ") if words.exists() else ("", "", "")
    words.write_text(rest)
    if word == "fail":
        raise ValueError("not today")
    if word == "break":
        raise StoreError("the store broke off")
    if word == "wait":
        time.sleep(600)  # until the run is cancelled
    return count


@source(key="block/rows")
def block_rows() -> Any:
    file = _folder() / "block-rows"
    return int(file.read_text()) if file.exists() else 0


@asset(key="block/a", reads={"rows": "block/rows"}, code_version="1")
def block_a(rows: Any) -> Any:
    return [rows, _do("block-a")]


@asset(key="block/b", reads={"a": "block/a"}, code_version="1", retry=Retry(times=2, delay_s=0.1))
def block_b(a: Any) -> Any:
    return [a, _do("block-b")]


@asset(key="block/c", reads={"b": "block/b"}, code_version="1")
def block_c(b: Any) -> Any:
    return [b, _do("block-c")]


@asset(key="block/d", reads={"a": "block/a"}, code_version="1")
def block_d(a: Any) -> Any:
    return [a, _do("block-d")]


BLOCKS = (block_rows, block_a, block_b, block_c, block_d)
