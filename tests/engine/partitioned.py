"""A graph of days, sites and customers, and what a refresh did of it, by name."""

from __future__ import annotations

from typing import Any

from causal_organism.assets.definitions import asset, source
from causal_organism.assets.keys import label_of, partition_text
from causal_organism.assets.partitions.dimensions import Dynamic, Static
from causal_organism.assets.partitions.upstream import Upstream
from causal_organism.assets.partitions.windows import Daily
from causal_organism.documents.assets import AssetRow
from causal_organism.engine.history.listing import assets_document, values_document
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local

DAYS = ("2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04")  # the clock stands at noon of the 5th


class World:
    """What is outside: amounts by site, customers, and a day that fails."""

    def __init__(self) -> None:
        self.amounts: dict[str, Any] = {"north": 1, "south": 10}
        self.customers: Any = ["a", "b"]
        self.fails: set[str] = set()
        self.calls: list[str] = []

    def assets(self, *, code: str = "1", **options: Any) -> tuple[Any, ...]:
        @source(key="raw/log")
        def log() -> Any:
            return self.amounts

        @source(key="raw/customers")
        def customers() -> Any:
            return self.customers

        @asset(
            key="daily/sum",
            partitions={"day": Daily("2026-01-01"), "site": Static("north", "south")},
            reads={"raw": "raw/log", "before": Upstream("daily/sum", day=-1)},
            code_version=code,
            **options,
        )
        def daily_sum(raw: Any, before: Any, context: Any) -> Any:
            day, site = context.partition["day"], context.partition["site"]
            self.calls.append(f"{day} {site}")
            if day in self.fails:
                raise ValueError("no way")
            return (before or 0) + raw[site]

        @asset(key="daily/all", partitions={"day": Daily("2026-01-01")}, reads={"sums": "daily/sum"}, code_version="1")
        def daily_all(sums: Any) -> Any:
            return sums

        @asset(key="last", reads={"last": Upstream("daily/sum", day="last", site="south")}, code_version="1")
        def last(last: Any) -> Any:
            return last

        @asset(key="total", reads={"days": Upstream("daily/sum", day="all")}, code_version="1")
        def total(days: Any) -> Any:
            return [[*name, value] for name, value in days.items()]

        @asset(key="greet", partitions={"who": Dynamic("raw/customers")}, code_version="1")
        def greet(context: Any) -> Any:
            return f"hello {context.partition['who']}"

        return (log, customers, daily_sum, daily_all, last, total, greet)


def made(organism: Any, selection: str = "*", partition: str | None = None, **options: Any) -> list[tuple[str, str]]:
    """What a refresh did, in order, by name."""
    document = refresh_local(organism, Request(selection, partition, **options), Origin("ana"))
    return [
        (label_of(each["key"], partition_text(each.get("partition"))), each["outcome"]) for each in document["steps"]
    ]


def row(organism: Any, key: str) -> AssetRow:
    return next(each for each in assets_document(organism)["assets"] if each["key"] == key)


def value(organism: Any, text: str) -> Any:
    return values_document(organism, text)["value"]
