"""A connection to one database of one server that speaks Bolt, made when first used and again after a long pause."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from causal_organism.stores.bolt.encryption import encrypted
from causal_organism.stores.bolt.refusals import error_of, unusable
from causal_organism.stores.idle import TRUSTED_S
from causal_organism.stores.tls import NONE, Tls
from causal_organism.tracing import span

if TYPE_CHECKING:
    from neo4j import Driver, Session


def load_driver() -> Any:
    """The module `neo4j`, without pandas, numpy and pyarrow, which it loads wherever they are installed (0.15 s with
    the stand-in, 1 s without). It then takes none of their types as parameters; we give it lists of numbers and text.
    """
    if "neo4j" not in sys.modules and "pandas" not in sys.modules:
        stand_in = ModuleType("neo4j._optional_deps")
        vars(stand_in).update(np=None, pd=None, pa=None, pa_compute=None)
        sys.modules[stand_in.__name__] = stand_in
    import neo4j  # late: only where a server is asked

    return neo4j


@dataclass(frozen=True, slots=True, kw_only=True)
class BoltServer:
    """Where it is and who asks. Address and password may be looked up when they are needed."""

    uri: str | Callable[[], str]
    user: str
    password: str | Callable[[], str] | None
    database: str = "neo4j"
    tls: Tls = NONE


class BoltConnection:
    """Sessions of one driver, which is closed where nobody used it for `trusted_s` seconds."""

    def __init__(self, server: BoltServer, *, trusted_s: float = TRUSTED_S):
        self._server = server
        self._trusted_s = trusted_s
        self._guard = threading.Lock()
        self._driver: Driver | None = None
        self._sessions = 0  # that are open
        self._used = time.monotonic()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Raises StoreError for whatever the driver raises."""
        with _driver_errors():
            driver = self._enter()
            try:
                with span("neo4j session"), driver.session(database=self._server.database) as session:
                    yield session
            finally:
                with self._guard:
                    self._sessions -= 1
                    self._used = time.monotonic()

    def close(self) -> None:
        with self._guard:
            if self._driver is not None:
                self._driver.close()
                self._driver = None

    def _enter(self) -> Driver:
        """The driver, without connections that nobody used for long.

        Of one that was closed in the meantime the driver learns when it uses it; the transactions that it was given as
        functions it begins again on another one.
        """
        with self._guard:
            unused = self._sessions == 0 and time.monotonic() - self._used >= self._trusted_s
            if self._driver is not None and unused:
                self._driver.close()
                self._driver = None
            if self._driver is None:
                self._driver = self._connect()
            self._sessions += 1
            return self._driver

    def _connect(self) -> Driver:
        neo4j = load_driver()
        # What the driver has to say comes with our errors; without a handler it would write to the console's screen.
        logging.getLogger("neo4j").addHandler(logging.NullHandler())
        server = self._server
        uri = server.uri if isinstance(server.uri, str) else server.uri()
        password = server.password() if callable(server.password) else server.password
        uri, encryption = encrypted(uri, server.tls)
        try:
            driver: Driver = neo4j.GraphDatabase.driver(
                uri,
                **encryption,
                auth=(server.user, password or ""),
                user_agent="causal-organism",
                connection_timeout=5.0,
                connection_acquisition_timeout=15.0,
                max_transaction_retry_time=3.0,
                notifications_min_severity="OFF",
            )
        except neo4j.exceptions.ConfigurationError as error:
            raise unusable(error, uri) from None
        return driver


@contextmanager
def _driver_errors() -> Iterator[None]:
    neo4j = load_driver()
    try:
        yield
    except (neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError, OSError) as error:
        raise error_of(error) from error
