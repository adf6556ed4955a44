"""Of a server that says nothing: a connection whose answer is overdue is broken from this side, since libpq itself
waits for a stopped server for ever.
"""

from __future__ import annotations

import os
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from causal_organism.errors import ServerName, StoreError
from causal_organism.stores.postgres import startup_options

if TYPE_CHECKING:
    import psycopg


@contextmanager
def broken_after(connection: psycopg.Connection[Any], deadline_s: float | None, server: ServerName) -> Iterator[None]:
    """Within the block, the socket is shut down after that many seconds; None: never.

    Raises:
        StoreError: it was.
    """
    if deadline_s is None:
        yield
        return
    guard, is_over, is_cut = threading.Lock(), False, False

    def cut() -> None:
        nonlocal is_cut
        with guard:  # the number of a closed socket may be another file's by now
            if not is_over and not connection.closed:
                is_cut = True
                with socket.socket(fileno=os.dup(connection.fileno())) as shared:
                    shared.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(deadline_s, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if is_cut:
            raise StoreError(
                f"PostgreSQL: no answer within {deadline_s:g} s", hint="`organism check` tests it", server=server
            ) from error
        raise
    finally:
        with guard:
            is_over = True
        timer.cancel()


def has_ended(connection: psycopg.Connection[Any]) -> bool:
    """Whether the other side has closed it, or has reset it, as far as is known here: nothing is sent."""
    import psycopg

    if connection.closed:
        return True
    arrived = select.poll()
    arrived.register(connection.fileno(), select.POLLIN)
    try:
        while arrived.poll(0):  # its end, or only a word of the server that nobody asked for
            connection.pgconn.consume_input()
    except psycopg.OperationalError:
        return True
    return False


def with_statement_timeout(dsn: str, seconds: float) -> str:
    """The DSN with a `statement_timeout` behind its other options, so that the server too gives up in time."""
    return startup_options.with_setting(dsn, "statement_timeout", str(round(seconds * 1000)))
