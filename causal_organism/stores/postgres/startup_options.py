"""What a DSN asks for at the start: its `options`, as statements where a pooler refuses them, and encryption."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from causal_organism.errors import SettingsError
from causal_organism.plaintext import is_loopback
from causal_organism.stores.tls import Tls

REFUSED = "unsupported startup parameter"  # PgBouncer's words, and those of most that are like it
_LISTS = frozenset({"datestyle", "search_path", "temp_tablespaces"})  # each value apart, or they were one name
# What is the session's way of saying it counts from the next transaction on, which is too late.
_OF_THE_TRANSACTION = {
    "default_transaction_deferrable": "transaction_deferrable",
    "default_transaction_isolation": "transaction_isolation",
    "default_transaction_read_only": "transaction_read_only",
}


def statements_of(dsn: str) -> tuple[bytes, ...]:
    """`SET LOCAL` for every `-c name=value` or `--name=value` of the DSN, or else of PGOPTIONS.

    Raises:
        SettingsError: there is something else in them, which only a connection of one's own can have.
    """
    return tuple(_statement(name, value) for name, value in _settings(options_of(dsn)))


def with_setting(dsn: str, name: str, value: str) -> str:
    """The DSN with a setting behind its other options, so that it holds in every session."""
    from psycopg import conninfo  # 0.1 s of CPU: only where a server is asked

    return conninfo.make_conninfo(dsn, options=f"{options_of(dsn)} -c {name}={value}".strip())


def options_of(dsn: str) -> str:
    """The `options` of the DSN, or else those of PGOPTIONS, as they are written."""
    from psycopg import pq

    found = _parsed(dsn).get("options")
    if found is not None:
        return str(found)
    # The driver's library reads PGOPTIONS by itself.
    defaults = (each.val for each in pq.Conninfo.get_defaults() if each.keyword == b"options")
    return (next(defaults, None) or b"").decode()


def _settings(options: str) -> Iterator[tuple[str, str]]:
    # A word ends at a space without a backslash before it; `-c` may have one between itself and its word.
    words = [
        re.sub(r"\\(.)", r"\1", each) for each in re.findall(r"(?:\\.|\S)+", re.sub(r"(?<!\S)-c\s+", "-c", options))
    ]
    for word in words:
        name, equals, value = word.removeprefix("-c" if word.startswith("-c") else "--").partition("=")
        if not equals or not word.startswith(("-c", "--")):
            raise SettingsError(
                f"the pooler before PostgreSQL refuses `options` of the DSN, and {word!r} of them is not a setting",
                hint="leave it out of ORGANISM_POSTGRES_DSN or PGOPTIONS, or connect to PostgreSQL itself",
            )
        yield name.strip().replace("-", "_").lower(), value


def _statement(name: str, value: str) -> bytes:
    from psycopg import sql

    name = _OF_THE_TRANSACTION.get(name, name)
    values = [each.strip().strip('"') for each in value.split(",")] if name in _LISTS else [value]
    return (
        sql.SQL("SET LOCAL {} TO {}")
        .format(sql.Identifier(*name.split(".")), sql.SQL(", ").join(map(sql.Literal, values)))
        .as_bytes(None)
    )


def with_tls(dsn: str, tls: Tls) -> str:
    """The DSN of PostgreSQL, with `sslmode=verify-full` where it leaves this machine and asks for nothing else."""
    if not tls and _is_of_this_machine(dsn):
        return dsn  # the ordinary case of a home costs no import of the driver
    from psycopg import conninfo, pq

    given = _parsed(dsn)
    more: dict[str, str] = {}
    asks = str(given.get("sslmode") or _of_environment("sslmode"))
    if (
        not asks
        and "postgres" not in tls.plaintext
        and not all(map(is_loopback, str(given.get("host") or "").split(",")))
    ):
        asks = more["sslmode"] = "verify-full"
    if tls.ca is not None and "sslrootcert" not in given:
        more["sslrootcert"] = tls.ca
    elif asks == "verify-full" and not _names_roots(given) and pq.version() >= 160_000:
        more["sslrootcert"] = "system"
    if tls.cert is not None and tls.key is not None and "sslcert" not in given:
        more |= {"sslcert": tls.cert, "sslkey": tls.key}
    return conninfo.make_conninfo(dsn, **more) if more else dsn


def _parsed(dsn: str) -> Mapping[str, Any]:
    import psycopg
    from psycopg import conninfo

    try:
        return conninfo.conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        raise unreadable() from None


def unreadable() -> SettingsError:
    """Never from the driver's own error, which quotes what it could not read."""
    return SettingsError(
        "the address of PostgreSQL cannot be read",
        hint="it looks like postgresql://user:password@host:5432/database; in a password %40 stands for @, %2F for /,"
        " %25 for %",
    )


def _is_of_this_machine(dsn: str) -> bool:
    try:
        found = urlsplit(dsn)
        return "://" in dsn and "host" not in found.query and is_loopback(found.hostname)
    except ValueError:
        return False  # several hosts; the driver can tell


def _names_roots(given: object) -> bool:
    """What libpq itself would look at before the system's."""
    assert isinstance(given, dict)
    own = Path("~/.postgresql/root.crt").expanduser()
    return "sslrootcert" in given or bool(_of_environment("sslrootcert")) or own.exists()


def _of_environment(keyword: str) -> str:
    """What a variable of libpq's (PGSSLMODE) asks for; empty where that is what it would do by itself."""
    from psycopg import pq

    found = next((each for each in pq.Conninfo.get_defaults() if each.keyword == keyword.encode()), None)
    return "" if found is None or found.val is None or found.val == found.compiled else found.val.decode()
