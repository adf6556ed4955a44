"""What every ledger does: in memory and in PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from causal_organism.assets.contents import Row
from causal_organism.assets.outcomes import Outcome
from causal_organism.assets.versions import Attempt, CheckResult, InputVersion, Provenance, Rechecked
from causal_organism.errors import FencedError, LeaseHeldError, RunCancelledError
from causal_organism.ports import Ledger
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.ledger import PostgresLedger
from tests.stores.ledgers import MADE, NOW, publish, version


def test_publications_are_numbered_and_the_newest_is_head(ledger: Ledger) -> None:
    assert [publish(ledger, version(content=each)).number for each in ("f1", "f2")] == [1, 2]
    assert ledger.version("k", 1) == replace(version(), number=1)
    assert [each.fingerprint for each in ledger.versions("k")] == ["f2", "f1"]
    head = ledger.heads()["k", ""]
    assert (head.version.number, head.latest, head.confirmed_at, head.pinned) == (2, MADE, NOW, False)
    assert ledger.heads_of(["k", "none"]).keys() == {"k"}


def test_versions_can_be_asked_for_by_number_and_by_whether_their_content_is_kept(ledger: Ledger) -> None:
    for content in ("f1", "f2", "f3", "f4"):
        publish(ledger, version(content=content))
    ledger.retire("k", "", [1, 3])
    assert [each.number for each in ledger.versions("k", limit=2)] == [4, 3]
    assert [each.number for each in ledger.versions("k", kept=True)] == [4, 2]
    assert [each.number for each in ledger.versions("k", kept=True, limit=1)] == [4]


def test_making_the_same_again_keeps_the_number_and_is_what_staleness_sees(ledger: Ledger) -> None:
    publish(ledger, version())
    later = Provenance(code_version="c2", inputs={"a": InputVersion("fb", 4)})
    with ledger.hold("k", "", "tester") as lease:
        ledger.confirm(lease, later, run="r2", at=NOW + timedelta(hours=1))
    head = ledger.heads()["k", ""]
    assert (head.version.number, head.version.provenance, head.latest) == (1, MADE, later)
    assert head.confirmed_at == NOW + timedelta(hours=1)


def test_a_version_remembers_what_gave_its_content_last(ledger: Ledger) -> None:
    publish(ledger, version())
    later = Provenance(
        code_version="c2", inputs={"a": InputVersion("fb", 4, "day=1"), "b": InputVersion("fc", count=2)}
    )
    with ledger.hold("k", "", "tester") as lease:
        ledger.confirm(lease, later, run="r2", at=NOW + timedelta(hours=1))
    publish(ledger, version(content="f2"))
    assert [(each.number, each.confirmed) for each in ledger.versions("k")] == [(2, None), (1, later)]


def test_what_the_last_make_of_the_same_said_stands_beside_what_the_version_says(ledger: Ledger) -> None:
    published = publish(ledger, version())
    said: list[tuple[Any, Any]] = []
    for metadata in ({"exact": True, "sources": 256}, dict(published.metadata), {"exact": True}, None, {}):
        with ledger.hold("k", "", "tester") as lease:
            ledger.confirm(lease, MADE, run="r2", at=NOW, metadata=metadata)
        head = ledger.heads()["k", ""].version
        assert head == ledger.heads_of(["k"])["k"].version == ledger.version("k", 1)
        assert head.metadata == published.metadata
        said.append((head.confirmed_metadata, head.latest_metadata))
    own = published.metadata
    assert said == [
        ({"exact": True, "sources": 256},) * 2, (None, own), ({"exact": True},) * 2, (None, own), ({}, {}),
    ]  # fmt: skip


def test_partitions_have_heads_and_numbers_of_their_own(ledger: Ledger) -> None:
    for partition, content in (("day=1", "f1"), ("day=2", "f2"), ("day=1", "f3")):
        with ledger.hold("k", partition, "tester") as lease:
            ledger.publish(lease, version(content=content, partition=partition))
    assert {place: head.version.number for place, head in ledger.heads().items()} == {
        ("k", "day=1"): 2,
        ("k", "day=2"): 1,
    }
    assert ledger.heads_of(["k"]) == {}
    assert ledger.heads_of(["k"], "day=1")["k"].version.fingerprint == "f3"
    with ledger.hold("k", "day=1", "one"), ledger.hold("k", "day=2", "two"):
        assert set(ledger.held().values()) == {"one", "two"}


def test_the_list_behind_an_input_is_content_that_is_kept(ledger: Ledger) -> None:
    joined = InputVersion("fj", count=2, manifest=Row(name="listed", format="json", bytes=1))
    made = Provenance(code_version="c", inputs={"a": joined})
    publish(ledger, version(content="f1", provenance=made))
    publish(ledger, version(content="f2"))
    ledger.retire("k", "", [1])
    assert set(ledger.kept_contents()) == {"f2", "listed"}
    assert ledger.version("k", 1).provenance.inputs["a"].manifest == joined.manifest  # type: ignore[union-attr]


def test_a_failed_try_is_seen_until_the_next_success(ledger: Ledger) -> None:
    failed = Attempt(outcome=Outcome.FAILED, at=NOW, run="r1", provenance=MADE, error="no [/] way")
    ledger.record_attempt("k", "", failed)
    assert ledger.attempts() == {("k", ""): failed}
    publish(ledger, version())
    assert (ledger.attempts(), ledger.heads()["k", ""].attempt) == ({}, None)
    ledger.record_attempt("k", "", failed, rejected=version(content="f9"))
    assert ledger.heads()["k", ""].attempt == failed
    assert ledger.attempts() == {}


def test_what_checks_say_of_a_head_later_stands_until_another_version_is_head(ledger: Ledger) -> None:
    publish(ledger, version())
    said = (CheckResult(name="c", passed=False, blocking=True, detail="9", facts={"n": 1}, code_version="abc"),)
    later = NOW + timedelta(hours=1)
    with ledger.hold("k", "", "tester") as lease:
        ledger.record_checks(lease, 1, said, run="r2", at=later)
        ledger.confirm(lease, MADE, run="r3", at=later)
        ledger.record_checks(lease, 7, (), run="r4", at=later)  # another head than is meant
    head = ledger.heads()["k", ""]
    assert (head.checks, head.rechecked) == (said, Rechecked(results=said, at=later, run="r2"))
    assert ledger.version("k", 1).checks == version().checks  # type: ignore[union-attr]
    with pytest.raises(FencedError):
        ledger.record_checks(replace(lease, token=lease.token + 5), 1, (), run="r5", at=later)
    ledger.cancel_run("r6", actor="ana", at=later)
    with ledger.hold("k", "", "tester") as lease, pytest.raises(RunCancelledError):
        ledger.record_checks(lease, 1, (), run="r6", at=later)
    publish(ledger, version(content="f2"))
    assert (ledger.heads()["k", ""].checks, ledger.heads()["k", ""].rechecked) == (version().checks, None)


def test_the_mark_of_the_heads_moves_with_every_change_of_them_and_stays_else(ledger: Ledger) -> None:
    failed = Attempt(outcome=Outcome.FAILED, at=NOW, run="r1", provenance=MADE, error="no way")
    said = (CheckResult(name="c", passed=False, blocking=True, detail="9", facts={}, code_version="abc"),)

    def held(change: Callable[[Any], object]) -> None:
        with ledger.hold("k", "", "tester") as lease:
            change(lease)

    changes: tuple[Callable[[], object], ...] = (
        lambda: publish(ledger, version()),
        lambda: publish(ledger, version(content="f2")),
        lambda: held(lambda lease: ledger.confirm(lease, MADE, run="r2", at=NOW + timedelta(hours=1))),
        lambda: held(lambda lease: ledger.record_checks(lease, 2, said, run="r3", at=NOW)),
        lambda: ledger.pin("k", "", 2),
        lambda: ledger.pin("k", "", None),
        lambda: ledger.record_attempt("k", "", failed),
        lambda: ledger.record_attempt("k", "", replace(failed, error="no other way")),
        lambda: ledger.record_attempt("never made", "", failed),
        lambda: publish(ledger, version(content="f3")),
    )
    seen = [ledger.heads_mark()]
    for change in changes:
        change()
        assert ledger.heads_mark() != seen[-1]
        seen.append(ledger.heads_mark())
    held(lambda _: None)
    ledger.record_looks(["k"], at=NOW)
    ledger.retire("k", "", [1])
    assert ledger.heads_mark() == seen[-1], "that is no head's"


def test_the_last_look_at_each_source_is_known(ledger: Ledger) -> None:
    assert ledger.looks() == {}
    ledger.record_looks(["b", "a"], at=NOW)
    ledger.record_looks(["b"], at=NOW + timedelta(minutes=1))
    assert ledger.looks() == {"a": NOW, "b": NOW + timedelta(minutes=1)}


def test_what_was_rejected_can_be_found_newest_first_and_stays_when_something_is_published(ledger: Ledger) -> None:
    attempts = [
        Attempt(outcome=Outcome.REJECTED, at=NOW + timedelta(hours=hour), run=f"r{hour}", provenance=MADE, error="no")
        for hour in range(3)
    ]
    for hour, attempt in enumerate(attempts):
        made = version(content=f"f{hour}", made_at=attempt.at, run=attempt.run)
        ledger.record_attempt("k", "", attempt, rejected=made)
    ledger.record_attempt("k", "day=1", attempts[0], rejected=version(content="other", partition="day=1"))
    publish(ledger, version(content="good"))
    found = ledger.rejected("k")
    assert [each.fingerprint for each in found] == ["f2", "f1", "f0"]
    assert ledger.rejected("k", limit=1) == found[:1]
    made = version(content="f2", made_at=attempts[2].at, run="r2")
    assert found[0] == replace(made, rejected=True)
    assert [each.fingerprint for each in ledger.rejected("k", "day=1")] == ["other"]
    assert ledger.rejected("unknown") == ()
    assert len(ledger.versions("k")) == 1


def test_the_last_few_rejected_values_are_content_that_is_kept(ledger: Ledger) -> None:
    for partition in ("", "day=1"):
        for number in range(4):
            made = version(content=f"{partition}{number}", partition=partition)
            rejected = Attempt(outcome=Outcome.REJECTED, at=NOW, run="r", provenance=MADE, error="no")
            ledger.record_attempt("k", partition, rejected, rejected=made)
    kept = [f"{partition}{number}" for partition in ("", "day=1") for number in range(4)]
    assert sorted(ledger.kept_contents()) == sorted(kept)
    gone = {("k", ""): 2, ("k", "day=1"): 2}
    assert ledger.retire_rejected(["another"], last=2) == {}
    assert ledger.retire_rejected(["k"], last=2, dry_run=True) == gone
    assert sorted(ledger.kept_contents()) == sorted(kept)
    assert ledger.retire_rejected(["k"], last=2) == gone
    assert ledger.retire_rejected(["k"], last=2) == {}
    assert sorted(ledger.kept_contents()) == ["2", "3", "day=12", "day=13"]
    assert [each.kept for each in ledger.rejected("k")] == [True, True, False, False]


def test_a_held_lease_is_refused_and_a_freed_one_is_given_with_a_greater_token(ledger: Ledger) -> None:
    with ledger.hold("k", "", "ana") as first:
        assert ledger.held() == {("k", ""): "ana"}
        with pytest.raises(LeaseHeldError, match="ana"), ledger.hold("k", "", "bo"):
            pass
    with ledger.hold("k", "", "bo") as second:
        assert second.token > first.token
    assert ledger.held() == {}


@pytest.mark.parametrize("next_holder", ["quick", "slow"])
def test_who_lost_the_lease_cannot_publish(ledger: Ledger, next_holder: str) -> None:
    with ledger.hold("k", "", "slow", ttl_s=-1) as lost, ledger.hold("k", "", next_holder) as lease:
        with pytest.raises(FencedError):
            ledger.publish(lost, version())
        with pytest.raises(FencedError):
            ledger.confirm(lost, MADE, run=None, at=NOW)
        assert ledger.versions("k") == ()
        assert ledger.publish(lease, version()).number == 1


def test_a_token_of_another_holder_is_worth_nothing(ledger: Ledger) -> None:
    with ledger.hold("k", "", "quick") as lease, pytest.raises(FencedError):
        ledger.publish(replace(lease, holder="slow"), version())  # as after a server that lost the lease in a crash
    assert ledger.versions("k") == ()


def test_one_of_many_gets_the_lease(ledger: Ledger) -> None:
    got: list[int] = []
    start, done = threading.Barrier(8), threading.Barrier(8)

    def take() -> None:
        start.wait()
        try:
            with ledger.hold("k", "", "x") as lease:
                got.append(lease.token)
                done.wait()
        except LeaseHeldError:
            done.wait()

    threads = [threading.Thread(target=take) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(got) == 1


def test_a_pin_is_on_the_head_and_goes_with_it(ledger: Ledger) -> None:
    publish(ledger, version())
    ledger.pin("k", "", 1)
    assert ledger.heads()["k", ""].pinned
    assert [each.pinned for each in ledger.versions("k")] == [True]
    ledger.pin("k", "", None)
    assert not ledger.heads()["k", ""].pinned


def test_the_audit_log_is_newest_first(ledger: Ledger) -> None:
    for subject in ("one", "two"):
        ledger.audit(actor="ana", action="pin", subject=subject, detail={"n": 1}, at=NOW)
    assert [each.subject for each in ledger.audit_log()] == ["two", "one"]
    assert ledger.audit_log(since=NOW + timedelta(seconds=1)) == ()


def test_facts_are_kept(ledger: Ledger) -> None:
    assert ledger.fact("x") is None
    ledger.set_fact("x", ["y"])
    ledger.set_fact("x", {"z": 1})
    assert ledger.fact("x") == {"z": 1}


def test_facts_are_found_by_how_their_names_begin_and_can_be_forgotten(ledger: Ledger) -> None:
    for name in ("w/a", "w/b", "w%", "v/a"):
        ledger.set_fact(name, name)
    assert ledger.facts("w/") == {"w/a": "w/a", "w/b": "w/b"}
    ledger.set_fact("w/a", None)
    ledger.set_fact("w/never", None)
    assert (ledger.facts("w/"), ledger.fact("w/a")) == ({"w/b": "w/b"}, None)


def test_the_audit_log_cannot_be_changed(fresh_dsn: str) -> None:
    ledger = PostgresLedger(Database(fresh_dsn))
    ledger.audit(actor="ana", action="pin", subject="k", detail={}, at=NOW)
    for statement in (
        "UPDATE organism.audit SET actor = 'bo'",
        "DELETE FROM organism.audit",
        "TRUNCATE organism.audit",
    ):
        with (
            psycopg.connect(fresh_dsn) as connection,
            pytest.raises(psycopg.errors.RaiseException, match="append-only"),
        ):
            connection.execute(statement.encode())


def test_migrations_are_applied_once_by_many_at_once(fresh_dsn: str) -> None:
    applied: list[tuple[str, ...]] = []
    threads = [threading.Thread(target=lambda: applied.append(Database(fresh_dsn).migrate())) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(map(bool, applied)) == [False, False, False, True]


def test_a_database_that_is_away_is_a_store_error() -> None:
    from causal_organism.errors import StoreError

    with pytest.raises(StoreError, match="cannot be reached"):
        PostgresLedger(Database("postgresql://127.0.0.1:1/none")).heads()
