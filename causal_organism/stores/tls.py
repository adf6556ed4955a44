"""Connections that are encrypted: who is believed to be a server, and how we show who we are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from causal_organism.errors import SettingsError

if TYPE_CHECKING:
    import ssl


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM. `ca`: who signs the servers' certificates, None: whom the system trusts; `cert` and `key`: ours."""

    ca: str | None = None
    cert: str | None = None
    key: str | None = None

    def __post_init__(self) -> None:
        for variable, path in (("CA", self.ca), ("CERT", self.cert), ("KEY", self.key)):
            if path is not None and not os.access(path, os.R_OK):
                raise SettingsError(f"ORGANISM_TLS_{variable} names {path}, which cannot be read")
        if (self.cert is None) != (self.key is None):
            raise SettingsError("ORGANISM_TLS_CERT and ORGANISM_TLS_KEY belong together, and one of them is not set")

    def __bool__(self) -> bool:
        return self.ca is not None or self.cert is not None

    def context(self) -> ssl.SSLContext:
        """Certificates are checked, and names too."""
        import ssl  # 0.02 s, and certificates take more

        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.cert is not None:
                context.load_cert_chain(self.cert, self.key)
        except (ssl.SSLError, OSError) as error:
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise SettingsError(f"the files in ORGANISM_TLS_CA, _CERT and _KEY cannot be used: {reason}") from error
        return context


NONE = Tls()

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
