"""Which failed try of an asset with a head still counts: what lists, selections and health call its last try."""

from __future__ import annotations

from collections.abc import Callable

from causal_organism.assets.freshness.staleness import Code, rejecting
from causal_organism.assets.outcomes import Outcome
from causal_organism.assets.versions import Attempt, Head, Provenance, reasons_text


def last_attempt(head: Head, code: Code, now: Callable[[], Provenance] | None) -> Attempt | None:
    """The last failed try since the head was made. `now`: what a make would be made from; None for a source.

    It stops counting where code and inputs are the head's again, so that nobody would try the same now. A head that did
    not pass its checks when it was checked again counts as rejected.
    """
    found = (_of_head(head, code), head.attempt if _counts(head, now) else None)
    return max((each for each in found if each is not None), key=lambda each: each.at, default=None)


def _counts(head: Head, now: Callable[[], Provenance] | None) -> bool:
    if head.attempt is None or now is None or head.attempt.provenance.same_as(head.latest):
        return True
    return not head.latest.same_as(now())


def _of_head(head: Head, code: Code) -> Attempt | None:
    failed = rejecting(head, code)
    if not failed:
        return None
    again = head.rechecked
    at, run = (head.version.made_at, head.version.run) if again is None else (again.at, again.run)
    return Attempt(
        outcome=Outcome.REJECTED, at=at, run=run, provenance=head.latest, error=reasons_text(failed), of_head=True
    )
