"""What the network's server answers instead of doing it, as an error of ours."""

from __future__ import annotations

from causal_organism.errors import OrganismError, RefusedError, StoreError

_READ_MODE = "Neo.ClientError.Statement.AccessMode"
_FORBIDDEN = "Neo.ClientError.Security.Forbidden"


def error_of(error: Exception) -> OrganismError:
    what = f"the network's server: {(str(error) or type(error).__name__).splitlines()[0]}"
    match getattr(error, "code", None):
        case code if code == _READ_MODE:
            return RefusedError(what, hint="ORGANISM_READ_ONLY is set, or --read-only was given", code="read-only")
        case code if code == _FORBIDDEN:
            hint = "changes need the user who writes, in ORGANISM_NEO4J_USER; this one only reads"
            return RefusedError(what, hint=hint, code="not-permitted")
        case _:
            return StoreError(what, hint="`organism check` tests every connection")
