"""Prefect's REST interface: addresses, retries of reads, and every failure as an error of ours."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from causal_organism.documents.json import JsonObject
from causal_organism.errors import RequestError, ServerName, StoreError
from causal_organism.settings import Settings
from causal_organism.stores.addresses import shown
from causal_organism.stores.silence import Silence
from causal_organism.stores.tls import Tls
from causal_organism.tracing import span

if TYPE_CHECKING:
    import httpx

PAGE = 200
"""The server's own limit of rows in one answer."""

READ_PAUSES_S = (0.2, 0.6, 1.5)
"""Pauses before a read is repeated: a busy server answers 500 or 503 now and then (SQLite locks, restarts)."""


GLANCE_S = 2.5
"""What an answer may take that can be done without."""


SLOW = timedelta(seconds=GLANCE_S)
"""What an answer takes whose server waited for another."""

SAME_TIME = timedelta(seconds=5)
"""The server tells its time in whole seconds, and when it is busy that of some seconds before."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class PrefectApi:
    """Blocking calls with pooled connections; safe to share between threads.

    `deadline_s`: an answer that takes longer is a StoreError, and only what failed at once is asked once more; None: as
    patient as can be.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        pause: Callable[[float], None] = time.sleep,
        timeout_s: float = 15.0,
        deadline_s: float | None = None,
        permit: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = utc_now,
    ):
        """`permit` raises RefusedError for whoever may change nothing: asked before each change. `clock`: this
        machine's.
        """
        self._permit = permit
        self._clock = clock
        self._ahead: timedelta | None = None  # the server's clock of ours; None: it has not answered yet
        self._settings = settings
        self._pause = pause
        self._timeout_s = timeout_s if deadline_s is None else deadline_s
        self._hasty = deadline_s is not None
        self.silence = Silence()
        self._client: httpx.Client | None = None
        self._opening = threading.Lock()

    def now(self) -> datetime:
        """What time it is by the server, which plans runs and hears workers by its own clock; ours where they agree."""
        if self._ahead is None:
            self.read("/health")
        return self._clock() + (self._ahead or timedelta())

    def read(self, path: str, query: Any = None) -> Any:
        """A GET, or with `query` a POST that only reads. Repeated on connection errors and 5xx."""
        return self._call("GET" if query is None else "POST", path, query)

    def read_pages(self, path: str, query: JsonObject, limit: int) -> list[Any]:
        """Up to `limit` rows of a filter, in pages of the size that the server allows."""
        rows: list[Any] = []
        while len(rows) < limit:
            page = min(PAGE, limit - len(rows))
            found = self.read(path, {**query, "limit": page, "offset": len(rows)})
            rows += found
            if len(found) < page:
                break
        return rows

    def find(self, path: str) -> Any | None:
        """A GET; None where there is no such thing."""
        return self._call("GET", path, None, absent=True)

    def glance(self, path: str) -> Any | None:
        """As `find`, for who goes on without an answer: asked once more at most, and given up within seconds."""
        return self._call("GET", path, None, pauses=READ_PAUSES_S[:1], absent=True, timeout_s=GLANCE_S)

    def write(self, method: str, path: str, body: Any = None, *, repeat: bool = False) -> Any:
        """A change. `repeat` only where doing it twice is the same as doing it once.

        Prefect's server knows no right but all of them, so who is read-only is refused here.
        """
        self._settings.refuse_read_only()
        self._permit()
        return self._call(method, path, body, pauses=READ_PAUSES_S if repeat else ())

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    @span("prefect request")
    def _call(
        self,
        method: str,
        path: str,
        body: Any,
        *,
        pauses: Sequence[float] = READ_PAUSES_S,
        absent: bool = False,
        timeout_s: float | None = None,
    ) -> Any:
        import httpx  # 0.2 s: only commands that ask Prefect pay for it

        self.silence.refuse()
        client, left = self._connected(), list(pauses[:1] if self._hasty else pauses)
        timeout = client.timeout if timeout_s is None else httpx.Timeout(timeout_s)
        while True:
            asked_at = self._clock()
            try:
                response = client.request(method, path, json=body, timeout=timeout)
            except httpx.HTTPError as error:
                is_silent = isinstance(error, httpx.TimeoutException)
                if not left or (self._hasty and is_silent):
                    away = self._unreachable(error)
                    if is_silent:
                        self.silence.note(away)
                    raise away from error
            else:
                self._compare_clocks(response.headers.get("date"), asked_at)
                is_slow = self._clock() - asked_at > SLOW
                if response.status_code < 500 or not left or (self._hasty and is_slow):
                    return self._answer(response, absent=absent, is_slow=is_slow)
            self._pause(left.pop(0))

    def _compare_clocks(self, date: str | None, asked_at: datetime) -> None:
        """By the time in an answer, which was given between the question and now."""
        ahead, ours = timedelta(), self._clock()
        with suppress(TypeError, ValueError):  # without a time, or with none that can be read, ours counts
            theirs = parsedate_to_datetime(date or "").astimezone(UTC)
            if not asked_at - SAME_TIME <= theirs <= ours + SAME_TIME:
                ahead = theirs - ours
        self._ahead = ahead

    def _connected(self) -> httpx.Client:
        import httpx  # see _call

        url = self._settings.need("prefect_api_url").rstrip("/")
        with self._opening:
            if self._client is None:
                user, _, password = (self._settings.prefect_auth or "").partition(":")
                auth = httpx.BasicAuth(user, password) if self._settings.prefect_auth else None
                secure = url.startswith("https:")  # without TLS, do not spend 0.1 s on loading certificates
                self._client = httpx.Client(
                    base_url=url,
                    auth=auth,
                    timeout=httpx.Timeout(self._timeout_s, connect=min(5.0, self._timeout_s)),
                    verify=Tls.of(self._settings).context() if secure else False,
                    trust_env=secure,
                )
            return self._client

    def _answer(self, response: httpx.Response, *, absent: bool, is_slow: bool) -> Any:
        status = response.status_code
        if status == 404 and absent:
            return None
        if status in (401, 403):
            raise StoreError(
                f"the Prefect server at {self._address} refuses our credentials ({status})",
                hint="set PREFECT_API_AUTH_STRING to user:password of its API",
                code="unauthorized",
                server=ServerName.ORCHESTRATOR,
            )
        if status >= 500:
            what = f"the Prefect server at {self._address} answers {status}: {_detail(response)}"
            failed = StoreError(what, server=ServerName.ORCHESTRATOR)
            if is_slow:  # it waited in vain itself, as for its database, and will for all that it is asked
                self.silence.note(failed)
            raise failed
        if status >= 400:
            raise RequestError(f"Prefect refuses: {_detail(response)}", code="prefect-refuses")
        if not response.content:
            return None
        try:
            return response.json()
        except ValueError as error:
            raise StoreError(
                f"{self._address} does not answer like a Prefect API",
                hint="PREFECT_API_URL must end in /api",
                server=ServerName.ORCHESTRATOR,
            ) from error

    def _unreachable(self, error: Exception) -> StoreError:
        reason = str(error) or type(error).__name__
        return StoreError(
            f"the Prefect server at {self._address} cannot be reached: {reason}",
            hint="`organism status` shows the embedded servers, `organism up` starts them",
            server=ServerName.ORCHESTRATOR,
        )

    @property
    def _address(self) -> str:
        return shown(self._settings.prefect_api_url or "(not set)")


def _detail(response: httpx.Response) -> str:
    """What the server says is wrong, on one line."""
    try:
        document = response.json()
    except ValueError:
        return response.text[:300] or response.reason_phrase
    detail = document.get("detail", document) if isinstance(document, Mapping) else document
    if isinstance(detail, Mapping):
        detail = detail.get("exception_message") or detail
    if isinstance(detail, list):
        detail = "; ".join(str(each.get("msg", each)) if isinstance(each, Mapping) else str(each) for each in detail)
    return " ".join(str(detail).split())[:600]
