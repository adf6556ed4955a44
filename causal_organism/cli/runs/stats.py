"""`organism stats`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from causal_organism.cli.output import emit, json_option, table
from causal_organism.cli.runs.tables import local_time
from causal_organism.cli.runs.times import Since, moment_of, since_option
from causal_organism.documents.stats import AssetFiguresRow, DeploymentFigures, StatsDocument
from causal_organism.wiring import open_organism
from causal_organism.wording.amounts import duration, share


@click.command()
@since_option("Runs that were due or began since:", default="7d")
@json_option
def stats(since: Since, as_json: bool) -> None:
    """Count how runs went: success, retries, how long they took and waited, by deployment and by asset."""
    from causal_organism.platform.stats import load_stats

    with open_organism() as o:
        document = load_stats(o, since=moment_of(since, o.now()))
    emit(document, lambda: _stats_text(document), as_json=as_json)


def _stats_text(document: StatsDocument) -> str:
    heads = ("RUNS", "TOTAL", "OK", "FAILED", "CANCELLED", "OPEN", "SUCCESS", "RETRIED", "P50", "P95", "WAITED")
    every: DeploymentFigures = {"name": f"since {local_time(document['since'])}", **document["runs"]}
    runs = table(heads, [_run_row(each) for each in (every, *document["by_deployment"])])
    return "\n\n".join(filter(None, (runs, _assets_text(document["by_asset"]))))


def _run_row(row: DeploymentFigures) -> tuple[Any, ...]:
    return (
        row["name"],
        row["total"],
        row["succeeded"],
        row["failed"],
        row["cancelled"],
        row["unfinished"],
        share(row["success_rate"]),
        f"{row['retried']} ({share(row['retry_rate'])})",
        duration(row["p50_s"]),
        duration(row["p95_s"]),
        duration(row["queue_wait_p50_s"]),
    )


def _assets_text(rows: Sequence[AssetFiguresRow]) -> str:
    shown = [(row["key"], row["makes"], row["failed"], duration(row["p50_s"]), duration(row["p95_s"])) for row in rows]
    return table(("ASSET", "MAKES", "FAILED", "P50", "P95"), shown)
