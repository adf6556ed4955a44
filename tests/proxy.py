"""A way to a server on which connections can be dropped, as servers, balancers and firewalls do it with idle ones."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from tests.waiting import PATIENCE_S

_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: what is closed is reset


class Drop(StrEnum):
    """How a connection is taken away from the client."""

    CLOSED = "closed"  # it hears of the end
    RESET = "reset"
    SILENT = "silent"  # it hears nothing, now or ever


class Proxy:
    """Passes on what it gets on `port`, in a thread of its own."""

    def __init__(self, host: str, port: int):
        self._server = (host, port)
        self._loop = asyncio.new_event_loop()
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self.port = 0
        self.connections = 0  # that there ever were

    @property
    def open(self) -> int:
        return len(self._pairs)

    def drop(self, how: Drop) -> int:
        """Drop every connection that there is now, and say how many; new ones work."""
        return asyncio.run_coroutine_threadsafe(self._drop(how), self._loop).result(PATIENCE_S)

    async def _drop(self, how: Drop) -> int:
        pairs = list(self._pairs)
        self._pairs.clear()
        for client, server in pairs:
            if how is Drop.SILENT:
                client.transport.pause_reading()  # type: ignore[attr-defined]
                server.transport.pause_reading()  # type: ignore[attr-defined]
                continue
            if how is Drop.RESET:
                client.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            for each in (client, server):
                each.transport.abort()
        await asyncio.sleep(0)  # they are closed in the next turn
        await asyncio.sleep(0)
        return len(pairs)

    async def _accept(self, from_client: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        from_server, server = await asyncio.open_connection(*self._server)
        self.connections += 1
        pair = (client, server)
        self._pairs.add(pair)
        await asyncio.gather(_pass(from_client, server), _pass(from_server, client), return_exceptions=True)
        self._pairs.discard(pair)

    def run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        listening = self._loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = listening.sockets[0].getsockname()[1]
        started.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@contextmanager
def proxy_of(host: str, port: int) -> Iterator[Proxy]:
    proxy = Proxy(host, port)
    started = threading.Event()
    thread = threading.Thread(target=proxy.run, args=(started,), name="proxy")
    thread.start()
    assert started.wait(PATIENCE_S)
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join()
