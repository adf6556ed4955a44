"""What the network's server answers instead of doing it, as an error of ours."""

from __future__ import annotations

from causal_organism.errors import OrganismError, RefusedError, ServerName, SettingsError, StoreError
from causal_organism.stores.addresses import without_secrets

_READ_MODE = "Neo.ClientError.Statement.AccessMode"
_FORBIDDEN = "Neo.ClientError.Security.Forbidden"


def unusable(error: Exception, uri: str) -> SettingsError:
    """What the driver has against an address, which it quotes."""
    return SettingsError(
        f"ORGANISM_NEO4J_URI cannot be used: {without_secrets(str(error), uri).splitlines()[0]}",
        hint="it looks like bolt://host:7687; user and password are ORGANISM_NEO4J_USER and ORGANISM_NEO4J_PASSWORD",
    )


def error_of(error: Exception) -> OrganismError:
    """A driver's error as RefusedError where the server does not permit it, else as StoreError."""
    what = f"the network's server: {(str(error) or type(error).__name__).splitlines()[0]}"
    match getattr(error, "code", None):
        case code if code == _READ_MODE:
            return RefusedError(what, hint="ORGANISM_READ_ONLY is set, or --read-only was given", code="read-only")
        case code if code == _FORBIDDEN:
            hint = "changes need the user who writes, in ORGANISM_NEO4J_USER; this one only reads"
            return RefusedError(what, hint=hint, code="not-permitted")
        case _:
            return StoreError(what, hint="`organism check` tests every connection", server=ServerName.NETWORK)
