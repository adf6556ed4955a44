"""The value store: content by what it is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from causal_organism.assets.contents import Stored


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedStore:
    """The store that the ledger knows from now on: its id, where it is, and where that was before (None: nowhere).

    `heads`: how many have content in files; `missing`: how many of these are not there.
    """

    id: str
    where: str
    was: str | None
    heads: int
    missing: int


class ValueStore(Protocol):
    """Content by its name. What `write` said stands in the version whose content it is."""

    def describe(
        self,
        value: Any,
        *,
        base: Stored | None = None,
        like: Callable[[], Stored | None] = _nothing,
    ) -> tuple[str, Callable[[], Stored]]:
        """(fingerprint, write): the content's fingerprint, and a function that stores it and says where.

        `base`: stored content; where the value differs little from it, only what changed is stored.
        A column that holds nothing has the type that it has in `base`; where there is none, in what `like` finds.

        Raises TypeError, with the place, for what is not a value.
        """

    def load(self, content: Stored) -> Any:
        """The value as it was given. Raises DamagedValueError."""

    def load_many(self, contents: Sequence[Stored]) -> list[Any]:
        """Their values, in that order, in few reads. Raises DamagedValueError."""

    def damaged(self, contents: Collection[Stored]) -> frozenset[str]:
        """Names of those that are not where they should be; one look at names and sizes.

        Where this process has another store than the ledger's, what it cannot see there counts as intact.
        """

    def about(self) -> str:
        """Where large content lies. Raises StoreError, SettingsError where it cannot be, and OtherValuesError."""

    def require_own(self) -> None:
        """Before anything is written. Raises OtherValuesError where this is not the store that the ledger knows."""

    def adopt(self, *, incomplete: bool) -> AdoptedStore:
        """Make this store the one that the ledger knows.

        Raises RefusedError where content is missing, unless that is said to be well (`incomplete`).
        """

    def sweep(self, needed: Collection[str], *, before: datetime) -> tuple[int, int]:
        """Remove content that is not needed and was written before a moment; (how many, bytes)."""

    def rows(self, content: Stored) -> tuple[list[str], list[list[Any]]] | None:
        """(columns, rows) of a value per entity or a table, `id` first; None where it is plain JSON."""

    def table(self, content: Stored, *, known: Stored | None = None) -> Any | None:
        """The same as an Arrow table with true types, for files; None where it is plain JSON.

        `known`: content that says of what type columns are which hold nothing here.
        """
