"""The `options` of a DSN, for where a pooler refuses them at the start: as statements for each transaction."""

from __future__ import annotations

import re
from collections.abc import Iterator

from causal_organism.errors import SettingsError

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
    return tuple(_statement(name, value) for name, value in _settings(_options(dsn)))


def _options(dsn: str) -> str:
    from psycopg import conninfo, pq

    found = conninfo.conninfo_to_dict(dsn).get("options")
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
                f"the pooler before PostgreSQL refuses `options` of the DSN, and {word!r} of them is no setting",
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
