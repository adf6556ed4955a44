"""The event stream in Redis (or Valkey): interactions, and the dead letters beside them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from importlib import resources
from itertools import accumulate
from typing import Any

from causal_organism.errors import OrganismError, RefusedError, ServerName, SettingsError, StoreError
from causal_organism.network.entries import START, following
from causal_organism.ports import DeadLetter, StreamEntry, StreamState
from causal_organism.stores.idle import TRUSTED_S
from causal_organism.stores.redis.roles import redis_rules
from causal_organism.stores.tls import NONE, Tls
from causal_organism.tracing import span

_PAGE = 10_000
_FIRST_PAGE = 500  # from which it is known how long entries are


def within(entries: Sequence[StreamEntry], most_bytes: int) -> tuple[StreamEntry, ...]:
    """The first of them, up to so many bytes, but at least one."""
    sizes = accumulate(each.bytes for each in entries)
    return tuple(
        each for at, (each, size) in enumerate(zip(entries, sizes, strict=True)) if not at or size <= most_bytes
    )


class RedisStream:
    """`EventStream` over two keys of one Redis server, from 6.2 on."""

    def __init__(
        self,
        url: str | Callable[[], str],
        *,
        stream: str,
        dead_letters: str,
        trusted_s: float = TRUSTED_S,
        deadline_s: float = 30.0,
        read_only: bool = False,
        tls: Tls = NONE,
    ):
        """`deadline_s`: what one answer may take. `read_only`: the server refuses every command that writes."""
        self._read_only = read_only
        self._tls = tls
        self._deadline_s = deadline_s
        self._url = url
        self.name = stream
        self.dead_letters_name = dead_letters
        self._trusted_s = trusted_s
        self._used = time.monotonic()

    def append(self, entries: Sequence[Mapping[str, str]]) -> list[str]:
        if not entries:
            return []
        with span("redis call"), driver_errors():
            pipeline = self.redis.pipeline(transaction=True)  # all of them or none
            for fields in entries:
                pipeline.xadd(self.name, dict(fields))
            return [_text(each) for each in pipeline.execute()]

    def clock(self) -> datetime:
        with span("redis call"), driver_errors():
            seconds, microseconds = self.redis.time()
        return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds)

    def read_after(
        self, position: str, limit: int, until: str | None = None, *, most_bytes: int | None = None
    ) -> tuple[StreamEntry, ...]:
        if most_bytes is None:
            return self._page(position, limit, until)
        found: list[StreamEntry] = []
        size, page = 0, min(limit, _FIRST_PAGE)
        while page > 0 and size < most_bytes:
            entries = self._page(position, page, until)
            found += entries
            if len(entries) < page:
                break
            size += sum(each.bytes for each in entries)
            position = entries[-1].id
            fit = (most_bytes - size) * len(found) // max(size, 1)  # if the rest is like what was read
            page = min(limit - len(found), max(fit, 1))
        return within(found, most_bytes)

    def _page(self, position: str, limit: int, until: str | None) -> tuple[StreamEntry, ...]:
        with span("redis call"), driver_errors():
            found = self.redis.xrange(self.name, min=f"({position}", max=until or "+", count=limit)
        return tuple(StreamEntry(_text(entry), fields) for entry, fields in found)

    def state(self) -> StreamState:
        import redis  # only where a server is asked

        with span("redis call"), driver_errors():
            try:
                found: Mapping[str, Any] = self.redis.xinfo_stream(self.name)
            except redis.ResponseError as error:
                if "no such key" not in str(error):
                    raise
                return StreamState(length=0, first_id=None, last_id=START, added=0, removed=0)
        length = int(found["length"])
        first = found["first-entry"]
        added = found.get("entries-added")  # from Redis 7
        return StreamState(
            length=length,
            first_id=_text(first[0]) if first else None,
            last_id=_text(found["last-generated-id"]),
            added=added,
            removed=None if added is None else added - length,
        )

    def count_after(self, position: str, at_most: int = 1_000_000) -> int:
        count = 0
        while count < at_most:
            page = self.read_after(position, min(_PAGE, at_most - count))
            if not page:
                break
            count += len(page)
            position = page[-1].id
        return count

    def trim(self, before: str) -> int:
        with span("redis call"), driver_errors():
            return int(self.redis.xtrim(self.name, minid=following(before), approximate=False))

    def write_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        for start in range(0, len(letters), 1000):  # a script blocks the server: keep each one short
            arguments: list[str] = []
            for each in letters[start : start + 1000]:
                arguments += (each.id, each.reason, json.dumps(dict(each.fields), ensure_ascii=False))
            with span("redis call"), driver_errors():
                self.redis.eval(_WRITE_DEAD_LETTERS, 1, self.dead_letters_name, *arguments)

    def read_dead_letters(self, limit: int | None = None) -> tuple[DeadLetter, ...]:
        with span("redis call"), driver_errors():
            found = self.redis.xrange(self.dead_letters_name, count=limit)
        return tuple(_dead_letter(_text(entry), fields) for entry, fields in found)

    def count_dead_letters(self) -> int:
        with span("redis call"), driver_errors():
            return int(self.redis.xlen(self.dead_letters_name))

    def drop_dead_letters(self, ids: Sequence[str]) -> int:
        if not ids:
            return 0
        with span("redis call"), driver_errors():
            return int(self.redis.xdel(self.dead_letters_name, *ids))

    def apply_roles(self) -> None:
        """Make the users of `redis_rules`, or bring them to it; passwords stay, and who is new has none."""
        with span("redis call"), driver_errors():
            for user, rules in redis_rules(stream=self.name, dead_letters=self.dead_letters_name).items():
                self.redis.execute_command("ACL SETUSER", user, "on", *rules)

    def put_user(self, user: str, password: str, rules: Sequence[str]) -> None:
        with span("redis call"), driver_errors():
            self.redis.execute_command("ACL SETUSER", user, "reset", "on", f">{password}", *rules)

    def drop_user(self, user: str) -> None:
        """Remove it, and close its connections."""
        with span("redis call"), driver_errors():
            self.redis.execute_command("ACL DELUSER", user)

    def close(self) -> None:
        if "_client" in self.__dict__:
            self._client.close()

    @property
    def redis(self) -> Any:
        """The client, without connections that nobody used for long; those that were closed it sees by itself."""
        now, was = time.monotonic(), self._used
        self._used = now
        with driver_errors():
            if now - was >= self._trusted_s:
                self._client.connection_pool.disconnect(inuse_connections=False)
            return self._client

    @cached_property
    def _client(self) -> Any:  # the driver's own types fit neither of the protocols that it speaks
        import redis

        url = self._url if isinstance(self._url, str) else self._url()
        # No retries below us: an XADD sent again after a lost answer would be a second entry.
        never = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
        with driver_errors():
            connect_s = min(5.0, self._deadline_s)
            client = self._kind().from_url(
                url,
                socket_timeout=self._deadline_s,
                socket_connect_timeout=connect_s,
                retry=never,
                **(self._files() if url.startswith("rediss:") else {}),
            )
        pool = client.connection_pool
        try:
            pool.connection_class(**pool.connection_kwargs)  # as the pool will: nothing is connected by it
        except TypeError:
            raise SettingsError("ORGANISM_REDIS_URL has an option that the client does not know") from None
        return client

    def _files(self) -> dict[str, Any]:
        """For an address `rediss://`, whose certificate the client checks with its name."""
        files = {"ssl_ca_certs": self._tls.ca, "ssl_certfile": self._tls.cert, "ssl_keyfile": self._tls.key}
        return {name: file for name, file in files.items() if file is not None} | {"ssl_check_hostname": True}

    def _kind(self) -> Any:
        import redis

        if not self._read_only:
            return redis.Redis
        from causal_organism.stores.redis.reading import ReadingRedis

        return ReadingRedis


_WRITE_DEAD_LETTERS = (
    resources.files("causal_organism.stores.redis").joinpath("lua", "write_dead_letters.lua").read_text()
)


def _dead_letter(entry: str, fields: Mapping[bytes, bytes]) -> DeadLetter:
    """A dead letter of ours, or as much as can be read of what somebody else wrote there."""
    reason = fields.get(b"reason", b"unknown").decode("utf-8", "replace")
    try:
        body = json.loads(fields.get(b"fields", b"{}"))
    except ValueError:
        body = None
    if not isinstance(body, dict):
        body = {name.decode("utf-8", "replace"): value.decode("utf-8", "replace") for name, value in fields.items()}
    return DeadLetter(id=entry, reason=reason, fields={str(name): str(value) for name, value in body.items()})


def _text(raw: bytes | str) -> str:
    return raw if isinstance(raw, str) else raw.decode()


@contextmanager
def driver_errors() -> Iterator[None]:
    """Turns errors of the driver into StoreError or RefusedError."""
    import redis

    try:
        yield
    except redis.ResponseError as error:
        raise _answer_error(error) from error
    except (redis.RedisError, ValueError, OSError) as error:
        first_line = (str(error) or type(error).__name__).splitlines()[0]
        raise _away(f"the event stream: {first_line}") from error


def _answer_error(error: Exception) -> OrganismError:
    # In front of what the server says of a pipeline stands the command with all that it was to write.
    text = (str(error) or type(error).__name__).splitlines()[0].rpartition("of pipeline caused error: ")[2]
    what = f"the event stream: {text}"
    if any(words in text for words in _WRITES_IN_SCRIPT):
        return RefusedError(what, hint="ORGANISM_READ_ONLY is set, or --read-only was given", code="read-only")
    if "eval_ro" in text.lower() and "unknown command" in text.lower():
        hint = "it is older than Redis 7: name a user who only reads in ORGANISM_REDIS_READER_URL (docs/security.md)"
        what = f"the event stream cannot be opened read-only: {text}"
        return StoreError(what, hint=hint, server=ServerName.STREAM)
    if type(error).__name__ == "NoPermissionError":
        hint = "senders need the user `ingest`, everything else `worker`: organism deploy roles --of redis"
        return RefusedError(what, hint=hint, code="not-permitted")
    return _away(what)


def _away(what: str) -> StoreError:
    return StoreError(what, hint="`organism check` tests every connection", server=ServerName.STREAM)


_WRITES_IN_SCRIPT = ("Write commands are not allowed from read-only scripts", "not allowed from script")
