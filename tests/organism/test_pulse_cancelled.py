"""A cancelled pulse loses nothing that it accepted, and publishes nothing: the next one does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from causal_organism.engine.cancelling import Cancellation
from causal_organism.errors import RunCancelledError
from causal_organism.organism.stream.pulse import pulse
from tests.engine.living import KINDS, living, with_settings
from tests.organism.pulses import assert_holds, events, head


@pytest.fixture(params=KINDS)
def organism(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    yield from living(request, tmp_path)


def pulsed(organism: Any, run: str, cancellation: Cancellation | None = None) -> Any:
    return pulse(organism, run=run, actor="ana", trigger="manual", holder=f"{run}/1", cancellation=cancellation)


def test_what_a_cancelled_pulse_accepted_is_published_by_the_next(organism: Any) -> None:
    entries = events(20)
    organism.stream.append(entries)
    organism.ledger.cancel_run("cancelled", actor="bo", at=organism.now())
    with pytest.raises(RunCancelledError, match="bo"):
        pulsed(organism, "cancelled")
    assert_holds(organism, entries)  # accepted and applied
    assert organism.ledger.heads() == {}
    report = pulsed(organism, "next")
    assert (report.read, report.version, report.published) == (0, 1, True)
    assert (head(organism).run, head(organism).fingerprint) == ("next", organism.network.position().fingerprint)
    assert_holds(organism, entries)


def test_a_pulse_that_is_told_to_stop_begins_no_further_batch(organism: Any) -> None:
    entries = events(40)
    organism.stream.append(entries)
    small, cancellation = with_settings(organism, batch_events=10), Cancellation()
    accept, accepted = small.archive.accept, []

    def stopping(*args: Any, **kwargs: Any) -> Any:
        accepted.append(kwargs["entries"])
        if len(accepted) == 2:
            cancellation.cancel()
        return accept(*args, **kwargs)

    small.archive.accept = stopping
    with pytest.raises(RunCancelledError):
        pulsed(small, "cancelled", cancellation)
    assert accepted == [10, 10]
    assert organism.ledger.heads() == {}
    assert "network" not in {key for key, _ in organism.ledger.held()}
    report = pulsed(organism, "next")
    assert (report.read, report.accepted, report.published) == (20, 20, True)
    assert_holds(organism, entries)


def test_a_pulse_that_the_orchestrator_has_cancelled_is_not_published(organism: Any) -> None:
    organism.stream.append(events(3))
    moments = iter(range(0, 10_000, 10))
    with pytest.raises(RunCancelledError):
        pulsed(organism, "cancelled", Cancellation(lambda: True, clock=lambda: next(moments)))
    assert organism.ledger.heads() == {}
    assert pulsed(organism, "next").version == 1
