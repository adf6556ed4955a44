"""Addresses that leave this machine without encryption: which do, and where that is meant."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from causal_organism.errors import SettingsError

ENCRYPTED = {
    "redis": "rediss:// is encrypted",
    "neo4j": "neo4j+s:// and bolt+s:// are encrypted",
    "prefect": "https:// is encrypted",
    "postgres": "sslmode=verify-full is encrypted",
    "values": "an endpoint of https:// is encrypted",
}
"""What ORGANISM_PLAINTEXT may name, and how each is asked with encryption."""

_PLAIN = frozenset(("redis", "bolt", "neo4j", "http"))


def is_loopback(host: str | None) -> bool:
    """Does it stay on this machine? So do no host, and a folder of sockets."""
    if not host or host == "localhost" or host.startswith(("/", "@")):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def in_the_clear(address: str) -> bool:
    """Does an address lead to another machine without TLS? Of PostgreSQL its driver decides (`startup_options`)."""
    found = urlsplit(address)
    return found.scheme in _PLAIN and not is_loopback(found.hostname)


def refuse_plaintext(variable: str, address: str, *, server: str, permitted: Collection[str]) -> None:
    """Raises SettingsError for an address `in_the_clear` of a server that is not among `permitted`.

    The address is not shown: what cannot be told apart in it may be a password.
    """
    if server not in permitted and in_the_clear(address):
        raise SettingsError(
            f"{variable} leads to another machine without encryption: whoever is on the way reads what is sent,"
            " passwords too",
            hint=f"{ENCRYPTED[server]}; ORGANISM_PLAINTEXT={server} permits it in a network of your own",
        )
