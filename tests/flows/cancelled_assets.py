"""Assets that go on computing after their run was told to stop, because they wait for a child process."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from causal_organism.assets.definitions import Output, asset, source
from causal_organism.assets.partitions.dimensions import Static
from causal_organism.engine.cancelling import ASK_AFTER_S
from tests.flows.flow_assets import FOLDER


def _begin(name: str) -> None:
    """Wait for a child process that only a signal ends. Once it took longer than what is made without a question to
    Prefect, it says so in a file with the child's number.
    """
    folder = Path(os.environ[FOLDER])
    if (folder / "go").exists():
        return
    script = f'sleep {ASK_AFTER_S + 0.1}; echo $$ > "$0.new"; mv "$0.new" "$0"; exec sleep 600'
    subprocess.Popen(["sh", "-c", script, str(folder / name)]).wait()


@source(key="stop/rows")
def rows() -> Any:
    file = Path(os.environ[FOLDER]) / "rows"
    return int(file.read_text()) if file.exists() else 1


@asset(key="stop/child", reads={"rows": "stop/rows"}, code_version="1")
def child(rows: Any) -> Any:
    _begin("child")
    return rows


@asset(key="stop/updated", reads={"rows": "stop/rows"}, code_version="1")
def updated(rows: Any) -> Any:
    return rows


@updated.update
def _(previous: Any, rows: Any) -> Any:
    _begin("updated")
    return rows


@asset(outputs=(Output("stop/a"), Output("stop/b")), reads={"rows": "stop/rows"}, code_version="1")
def both(rows: Any) -> Any:
    _begin("both")
    return {"stop/a": rows, "stop/b": -rows}


@asset(key="stop/parts", reads={"rows": "stop/rows"}, code_version="1", partitions={"site": Static("n", "s")})
def parts(rows: Any, context: Any) -> Any:
    _begin("parts")
    return [context.partition["site"], rows]


ASSETS = (rows, child, updated, both, parts)
