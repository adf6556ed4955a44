"""Every error raised on purpose: what happened, with what, what to do next, and the exit code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DONE, FAILED, WRONG, UNREACHABLE, REFUSED = 0, 1, 2, 3, 4
"""Exit codes of the command line: done · something failed · wrong request · service unreachable · refused."""


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


class ImportFileError(RequestError):
    """A file of people or outcomes that was not taken in: nothing of it was."""

    code = "bad-import"


class StudyFileError(RequestError):
    """A study file, or the table it speaks of, that cannot be used as it is; names the line and key."""

    code = "bad-study"


class StoreError(OrganismError):
    """A server could not be reached or broke off. Raised by stores from the driver's own error; worth a retry."""

    exit_code = UNREACHABLE
    code = "unreachable"


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
