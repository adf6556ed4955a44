"""`organism partitions`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import click

from causal_organism.assets.keys import partition_text
from causal_organism.cli.assets import state_of, why_of
from causal_organism.cli.output import emit, json_option, say, table
from causal_organism.documents.assets import PartitionRow
from causal_organism.wiring import open_organism
from causal_organism.wording.amounts import long_age


@click.command()
@click.argument("key")
@click.option("--status", type=click.Choice(["fresh", "stale", "missing", "failed"]), help="Only those of this status.")
@json_option
def partitions(key: str, status: str | None, as_json: bool) -> None:
    """List the partitions of an asset, in order, with status, version, age and causes."""
    from causal_organism.engine.history.listing import partitions_document

    with open_organism() as o:
        document = partitions_document(o, key, status)
        now = o.now()
    if not document["partitions"]:
        say(f"no partition of {key} is {status}" if status else f"{key} has no partitions yet")
    emit(document, lambda: _text(document["partitions"], now), as_json=as_json)


def _text(rows: Sequence[PartitionRow], now: datetime) -> str:
    return table(
        ("PARTITION", "STATUS", "VERSION", "AGE", "WHY"),
        [
            (
                partition_text(row["partition"]),
                state_of(row),
                row["version"],
                long_age(row["made_at"], now),
                why_of(row, now),
            )
            for row in rows
        ],
    )
