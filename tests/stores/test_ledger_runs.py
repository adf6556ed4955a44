"""What every ledger does about runs: their steps, how long makes take, and that a cancelled one publishes nothing."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from causal_organism.assets.outcomes import Outcome
from causal_organism.assets.versions import Attempt
from causal_organism.documents.assets import CauseDocument
from causal_organism.documents.refreshes import RefreshDocument
from causal_organism.errors import FencedError, RunCancelledError
from causal_organism.ports import Lease, Ledger, RunRecord, StepRecord
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.ledger import PostgresLedger
from tests.stores.ledgers import MADE, NOW, publish, version
from tests.waiting import PATIENCE_S, until


def test_how_long_an_asset_takes_is_the_median_of_its_last_five_makes(ledger: Ledger) -> None:
    publish(ledger, version())
    for at, (outcome, seconds) in enumerate([("made", 9.0), *[("made", 1.0 + n) for n in range(5)], ("failed", 50.0)]):
        step = StepRecord(
            run=f"r{at}", key="k", outcome=outcome, version=1, seconds=seconds, at=NOW + timedelta(minutes=at)
        )
        ledger.record_steps([step])
    assert ledger.durations() == {"k": 3.0}


def test_a_run_begun_again_keeps_its_start_and_loses_its_end(ledger: Ledger) -> None:
    run = RunRecord(id="r", flow="f", selection="*", trigger="cli", actor="ana", started_at=NOW)
    ledger.begin_run(run)
    answer: RefreshDocument = {
        "schema": "organism.refresh/1", "run": "r", "outcome": "failed", "config": {"limit": 1}, "steps": [],
        "observed": [], "behind": [],
    }  # fmt: skip
    ledger.end_run("r", "failed", at=NOW, error="e", document=answer)
    assert ledger.run_document("r") == answer
    ledger.begin_run(replace(run, started_at=NOW + timedelta(hours=1)))
    assert ledger.run("r") == replace(run, tries=2)
    assert ledger.run_document("r") is None
    assert [each.id for each in ledger.runs()] == ["r"]


def test_nothing_of_a_cancelled_run_is_published_confirmed_or_noted_as_tried(ledger: Ledger) -> None:
    publish(ledger, version(run="before"))
    ledger.cancel_run("r1", actor="bo", at=NOW)  # the ledger has not seen it begin
    failed = Attempt(outcome=Outcome.FAILED, at=NOW, run="r1", provenance=MADE, error="broken")
    with ledger.hold("k", "", "r1") as lease:
        for write in (
            lambda: ledger.publish(lease, version(content="f2")),
            lambda: ledger.confirm(lease, MADE, run="r1", at=NOW + timedelta(hours=1)),
            lambda: ledger.record_attempt("k", "", failed),
            lambda: ledger.record_attempt("k", "", replace(failed, outcome=Outcome.REJECTED), rejected=version()),
        ):
            with pytest.raises(RunCancelledError, match="cancelled by bo"):
                write()
    head = ledger.heads()["k", ""]
    assert (head.version.number, head.confirmed_at, head.attempt) == (1, NOW, None)
    assert ledger.rejected("k") == ()
    assert publish(ledger, version(content="f3", run="another")).number == 2
    assert publish(ledger, version(content="f4", run=None)).number == 3


def test_a_cancelled_run_that_lost_its_lease_is_cancelled(ledger: Ledger) -> None:
    ledger.cancel_run("r1", actor="bo", at=NOW)
    with ledger.hold("k", "", "slow", ttl_s=-1) as lost, ledger.hold("k", "", "quick"):
        with pytest.raises(RunCancelledError):
            ledger.publish(lost, version())
        with pytest.raises(FencedError):
            ledger.publish(lost, version(run="another"))


def test_a_run_is_cancelled_by_who_asked_first_until_it_is_run_again(ledger: Ledger) -> None:
    assert ledger.cancelled_by("r1") is None
    ledger.cancel_run("r1", actor="bo", at=NOW)
    ledger.cancel_run("r1", actor="ana", at=NOW)
    assert ledger.cancelled_by("r1") == "bo"
    ledger.uncancel_run("r1")
    assert ledger.cancelled_by("r1") is None
    assert publish(ledger, version()).number == 1


def waiting(dsn: str) -> int:
    """Sessions of this database that wait for a lock."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchone()
    return int(row[0]) if row else 0


def test_a_publication_that_waited_while_its_run_was_cancelled_is_refused(fresh_dsn: str) -> None:
    ledger, canceller = (PostgresLedger(Database(fresh_dsn)) for _ in range(2))
    refused: list[RunCancelledError] = []

    def publishing(lease: Lease) -> None:
        try:
            ledger.publish(lease, version())
        except RunCancelledError as error:
            refused.append(error)

    with ledger.hold("k", "", "r1", ttl_s=60) as lease, psycopg.connect(fresh_dsn) as other:
        other.execute("SELECT FROM organism.lease WHERE key = 'k' FOR UPDATE")
        threads = [
            threading.Thread(target=publishing, args=(lease,)),
            threading.Thread(target=lambda: canceller.cancel_run("r1", actor="bo", at=NOW)),
        ]
        for count, thread in enumerate(threads, 1):
            thread.start()
            until(lambda count=count: waiting(fresh_dsn) == count, "it waits for the row")  # type: ignore[misc]
        other.commit()
        for thread in threads:
            thread.join(PATIENCE_S)
    assert len(refused) == 1
    assert ledger.heads() == {}


def test_who_cancels_waits_for_a_publication_that_has_begun(fresh_dsn: str) -> None:
    ledger = PostgresLedger(Database(fresh_dsn))
    with ledger.hold("k", "", "r1/2", ttl_s=60), psycopg.connect(fresh_dsn) as publication:
        publication.execute("SELECT FROM organism.lease WHERE key = 'k' FOR UPDATE")
        thread = threading.Thread(target=lambda: ledger.cancel_run("r1", actor="bo", at=NOW))
        thread.start()
        until(lambda: waiting(fresh_dsn) == 1, "it waits for the row")
        assert thread.is_alive()
        publication.commit()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def test_steps_keep_their_order_and_a_later_try_replaces_an_earlier(ledger: Ledger) -> None:
    def step(key: str, outcome: str) -> StepRecord:
        cause: CauseDocument = {"kind": "never-made", "input": None, "was": None, "now": None}
        return StepRecord(run="r", key=key, outcome=outcome, version=1, causes=(cause,), seconds=0.5, at=NOW)

    publish(ledger, version())
    ledger.record_steps([step("k", "failed")])
    ledger.record_steps([step("b", "made"), step("k", "made"), step("a", "made")])
    assert ledger.steps("r") == (step("k", "made"), step("b", "made"), step("a", "made"))
    assert ledger.durations()["k"] == 0.5


def test_how_the_last_makes_of_assets_ended_is_one_read(ledger: Ledger) -> None:
    for number, outcome in enumerate(("made", "failed", "unchanged", "made")):
        ledger.record_steps([step(f"r{number}", "a", outcome, number), step(f"r{number}", "b", "skipped", number)])
    assert ledger.last_outcomes(["a", "b", "c"], limit=2) == {"a": ("made", "unchanged")}
    assert ledger.last_outcomes(["a"], limit=9) == {"a": ("made", "unchanged", "made")}
    assert ledger.last_outcomes([], limit=9) == {}


def step(run: str, key: str, outcome: str, minutes: int) -> StepRecord:
    return StepRecord(run=run, key=key, outcome=outcome, version=None, at=NOW + timedelta(minutes=minutes))


def test_runs_and_makes_are_counted_over_any_time(ledger: Ledger) -> None:
    for number, outcome in enumerate(("made", "unchanged", "failed", "skipped", "made")):
        run = f"run-{number}"
        began = NOW + timedelta(hours=number)
        deployment = "refresh-assets/refresh" if number == 1 else None
        ledger.begin_run(
            RunRecord(
                id=run, flow="f", selection="*", trigger="cli", actor="ana", started_at=began, deployment=deployment
            )
        )
        ledger.record_steps([StepRecord(run=run, key="k", outcome=outcome, version=1, seconds=float(number), at=began)])
    assert [each.id for each in ledger.local_runs()] == ["run-4", "run-3", "run-2", "run-0"]
    assert [each.id for each in ledger.local_runs(since=NOW + timedelta(hours=1), limit=2)] == ["run-4", "run-3"]
    assert ledger.records(["run-1", "none"]).keys() == {"run-1"}
    assert ledger.runs_with("k") == ("run-4", "run-2", "run-1", "run-0")
    assert ledger.runs_with("k", since=NOW + timedelta(hours=1), limit=2) == ("run-4", "run-2")
    assert ledger.runs_with("other") == ()
    (found,) = ledger.asset_figures(since=NOW + timedelta(minutes=1))
    assert (found.key, found.makes, found.failed, found.p50_s) == ("k", 3, 1, 2.5)
    assert found.p95_s == pytest.approx(3.85)
    assert ledger.asset_figures(since=NOW + timedelta(days=1)) == ()
