"""Of `organism worker`: tells in the ledger what its runs can import, with every beat, until it ends."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

import anyio
from anyio.to_thread import run_sync

from causal_organism.documents.workers import GraphsDocument
from causal_organism.errors import OrganismError
from causal_organism.platform.workers.asking import ask, broken_graph
from causal_organism.platform.workers.reports import BEAT_S, Teller, forget, record_report
from causal_organism.ports import Organism

ASK_AGAIN_S = 600.0
"""A package may be installed anew while its worker goes on: runs find that, and so does the next look."""

_log = logging.getLogger(__name__)


class Reports:
    """What a worker tells of itself. Where the ledger is away it goes on serving, and tells with a later beat."""

    def __init__(self, organism: Organism, teller: Teller, find: Callable[[Mapping[str, str]], GraphsDocument] = ask):
        self._organism = organism
        self._teller = teller
        self._find = find
        self._found: GraphsDocument | None = None
        self._found_at = 0.0
        self._has_told = False
        self._is_away = False

    async def go_on(self) -> None:
        """Until it is cancelled."""
        while True:
            await run_sync(self.tell, abandon_on_cancel=True)
            await anyio.sleep(BEAT_S)

    def tell(self) -> None:
        """One beat; what runs can import is looked at first where that is long ago."""
        if self._found is None or time.monotonic() - self._found_at > ASK_AGAIN_S:
            self._look()
        assert self._found is not None
        try:
            record_report(self._organism, self._teller, self._found, again=self._has_told)
        except OrganismError as error:
            if not self._is_away:
                _log.warning("what this worker can import is not told: %s", error.message)
            self._is_away = True
        else:
            self._has_told, self._is_away = True, False

    def end(self) -> None:
        """The worker ends."""
        with suppress(OrganismError):  # then it is known by its silence
            self._organism.orchestrator.forget_worker(self._teller.pool, self._teller.worker)
            forget(self._organism, self._teller)

    def _look(self) -> None:
        found = self._find(os.environ)
        if self._found is None or found["graphs"] != self._found["graphs"]:
            broken = broken_graph(found)
            if broken is not None:
                _log.error("runs of this worker will fail: %s", ": ".join(filter(None, broken)))
            else:
                _log.info("assets: %s", ", ".join(f"{row['name']} ({row['assets']})" for row in found["graphs"]))
        self._found, self._found_at = found, time.monotonic()


def this_process() -> str:
    """`host:number`."""
    return f"{socket.gethostname()}:{os.getpid()}"
