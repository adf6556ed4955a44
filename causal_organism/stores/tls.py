"""Connections that are encrypted: who is believed to be a server, and how we show who we are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from causal_organism.errors import SettingsError

if TYPE_CHECKING:
    import ssl

    from causal_organism.settings import Settings


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM. `ca`: who signs the servers' certificates, None: whom the system trusts; `cert` and `key`: ours."""

    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    plaintext: frozenset[str] = frozenset()
    """Servers on other machines that are asked for no encryption, unless their address asks for it."""

    @classmethod
    def of(cls, settings: Settings) -> Tls:
        return cls(settings.tls_ca, settings.tls_cert, settings.tls_key, settings.plaintext_servers)

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
