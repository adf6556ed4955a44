"""Why assets are out of date, in the words of all. Their classes cost 20 ms, which the first paint does without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from causal_organism.documents.assets import CauseDocument


def cause_text(cause: CauseDocument) -> str:
    """One cause, as it stands in a document."""
    from causal_organism.wording import causes

    return causes.cause_text(cause)


def behind_text(stale: Sequence[str]) -> str:
    """Of an asset that is up to date, where what it was made from is not."""
    from causal_organism.wording import causes

    return causes.behind_text(stale)
