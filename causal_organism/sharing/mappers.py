"""Who does shared-out work: threads of this process, or a Dask cluster.

Work that is handed out is a function of a module and small arguments; what it reads and gives stands in files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Protocol, TypeVar

from causal_organism.errors import NeedsExtraError, SettingsError, StoreError, install_hint

T = TypeVar("T")

THREADS, DASK = "threads", "dask"
_TRIES = 3


class Mapper(Protocol):
    """Does the same work for each item; gives items back as their work ends, in whatever order."""

    @property
    def shares_memory(self) -> bool:
        """Whether workers see what is in memory here; otherwise they see only the folder of values."""

    def each(self, work: Callable[[T], Any], items: Sequence[T]) -> Iterator[T]: ...


@dataclass(frozen=True, slots=True)
class Threads:
    """Threads of this process; kernels run without the interpreter's lock."""

    count: int = 0  # 0: as many as there are processors
    shares_memory: bool = True

    def each(self, work: Callable[[T], Any], items: Sequence[T]) -> Iterator[T]:
        pool = ThreadPoolExecutor(self.count or processors())
        try:
            doing = {pool.submit(work, item): item for item in items}
            for done in as_completed(doing):
                done.result()
                yield doing[done]
        finally:
            pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True)
class Dask:
    """Workers of the Dask cluster at `address`, or of one that lives on this machine for as long as the work.

    A worker that dies loses what it was doing; others do that again.
    """

    address: str = ""
    count: int = 0  # processes of a cluster of this machine; 0: as many as there are processors
    connect_s: float = 30.0
    hindrance: str | None = None  # why its workers would not see the folder; then nothing is handed out
    shares_memory: bool = False

    def each(self, work: Callable[[T], Any], items: Sequence[T]) -> Iterator[T]:
        if not items:
            return
        if self.hindrance:
            raise SettingsError(self.hindrance)
        from distributed import as_completed as ended  # 0.4 s; only who set ORGANISM_SLICES=dask pays for it

        with self._client() as client:
            doing = client.map(work, items, pure=False, retries=_TRIES)
            place = {future.key: item for future, item in zip(doing, items, strict=True)}
            try:
                for done in ended(doing):
                    with _connecting(self.address):
                        done.result()
                    yield place[done.key]
            finally:
                client.cancel(doing)

    @contextmanager
    def _client(self) -> Iterator[Any]:
        from distributed import Client, LocalCluster

        if not self.address:
            # Certificates of its own: whoever reaches a scheduler can run code in its workers.
            options = {"threads_per_worker": 1, "dashboard_address": "127.0.0.1:0", "security": True}
            with LocalCluster(n_workers=self.count or processors(), **options) as cluster, Client(cluster) as client:
                yield client
            return
        with _connecting(self.address):
            client = Client(self.address, timeout=self.connect_s)
        with client:
            yield client


def mapper_of(name: str, *, dask_address: str | None, hindrance: str | None = None) -> Mapper:
    """The mapper that the settings choose. Raises SettingsError, NeedsExtraError where it is not installed."""
    if name == THREADS:
        return Threads()
    if name != DASK:
        raise SettingsError(f"ORGANISM_SLICES is {name!r}; it must be {THREADS} or {DASK}")
    if find_spec("distributed") is None:
        raise NeedsExtraError(f"ORGANISM_SLICES is {DASK}, and Dask is not installed here", hint=install_hint(DASK))
    return Dask(dask_address or "", hindrance=hindrance)


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _connecting(address: str) -> Iterator[None]:
    """A cluster that breaks off is a server that breaks off: worth a retry, which goes on with what is stored."""
    from distributed.scheduler import KilledWorker

    try:
        yield
    except (OSError, TimeoutError, KilledWorker) as error:
        raise StoreError(f"the Dask cluster {address or 'of this machine'} broke off: {error}") from error
