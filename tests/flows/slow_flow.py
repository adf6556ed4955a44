"""A flow that goes on until it is told to end, for workers that are told to stop meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path

from prefect import flow


@flow(name="slow")
async def slow(folder: str) -> None:
    (Path(folder) / "began").touch()
    while not (Path(folder) / "go").exists():
        await asyncio.sleep(0.05)
    (Path(folder) / "ended").touch()
