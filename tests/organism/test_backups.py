"""A backup holds one moment while work goes on, and an organism made of it goes on as if nothing had been."""

from __future__ import annotations

import gzip
import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from causal_organism.documents.backups import BackupDocument, RestoredDocument
from causal_organism.engine.history.audit_chain import check_chain
from causal_organism.errors import RefusedError, RequestError, StoreError
from causal_organism.organism.stream.lag import stream_state
from causal_organism.platform.backups.put_back import put_back
from causal_organism.platform.backups.take import take_backup
from causal_organism.ports.backups import TableRows
from causal_organism.stores.postgres.copies import PostgresCopies
from causal_organism.stores.postgres.database import Database, apply_migrations, known_migrations
from causal_organism.wiring import OpenOrganism
from tests.engine.living import event, pulsed, server_settings
from tests.organism.pulses import assert_holds, events, head, take_out

pytestmark = pytest.mark.servers

TAKEN = events(40)


@pytest.fixture
def organism(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenOrganism]:
    """Forty interactions taken in, one refused."""
    with OpenOrganism(server_settings(request, tmp_path / "old", home=tmp_path / "old")) as found:
        found.settings.home.mkdir()
        found.network.clear()
        found.stream.append([*TAKEN, event("a", "a")])
        pulsed(found)
        yield found


@pytest.fixture
def elsewhere(organism: OpenOrganism, fresh_database: Callable[[], str], tmp_path: Path) -> Iterator[OpenOrganism]:
    """Empty stores; only the network's server is the same, and still holds what it held."""
    stream = f"{organism.settings.stream}:new"
    settings = replace(
        organism.settings, postgres_dsn=fresh_database(), stream=stream, dead_letters=f"{stream}:dead",
        values=str(tmp_path / "new" / "values"), home=tmp_path / "new",
    )  # fmt: skip
    settings.home.mkdir()
    with OpenOrganism(settings) as found:
        yield found


def back_up(organism: OpenOrganism, folder: Path) -> BackupDocument:
    return take_backup(organism, organism.backup_stores, folder)


def restore(organism: OpenOrganism, folder: Path) -> RestoredDocument:
    return put_back(organism, organism.backup_stores, folder)


_ROWS = sql.SQL("SELECT t::text FROM organism.{} t")


def rows(dsn: str | None) -> dict[str, list[Any]]:
    """Every table of the ledger's database, row by row, as text."""
    assert dsn is not None
    with psycopg.connect(dsn) as connection:
        names = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'organism' AND tablename NOT IN ('lease', 'migration')"
        ).fetchall()
        return {
            name: sorted(text for (text,) in connection.execute(_ROWS.format(sql.Identifier(name))))
            for (name,) in names
        }


def test_every_row_comes_back_and_the_next_pulse_goes_on(
    organism: OpenOrganism, elsewhere: OpenOrganism, tmp_path: Path
) -> None:
    waiting = events(5, seed=8)
    organism.stream.append(waiting)
    (organism.settings.home / "study.toml").write_text("[data]\n")
    (organism.settings.home / "studies").mkdir()
    (organism.settings.home / "studies" / "pilot.parquet").write_bytes(b"PAR1\x00\xff")
    before = rows(organism.settings.postgres_dsn)
    document = back_up(organism, tmp_path / "backup")
    assert (document["stream"]["waiting"], document["dead_letters"], document["home"]) == (
        5,
        1,
        ["study.toml", "studies/pilot.parquet"],
    )
    take_out(organism, *_first_tie(organism))  # the network is lost, or worse
    found = restore(elsewhere, tmp_path / "backup")
    assert (found["waiting"], found["missing"], found["network"]) == (5, 0, True)
    after = rows(elsewhere.settings.postgres_dsn)
    assert {name: after[name] for name in before if name not in ("audit", "fact")} == {
        name: before[name] for name in before if name not in ("audit", "fact")
    }
    assert after["audit"][: len(before["audit"])] == before["audit"]
    assert (elsewhere.settings.home / "study.toml").read_text() == "[data]\n"
    assert (elsewhere.settings.home / "studies" / "pilot.parquet").read_bytes() == b"PAR1\x00\xff"
    assert elsewhere.stream.read_dead_letters() == organism.stream.read_dead_letters()
    assert_holds(elsewhere, TAKEN)
    assert stream_state(elsewhere)["lag"] == 5
    report = pulsed(elsewhere)
    assert (report.accepted, report.gap, report.rebuilt) == (5, None, False)
    assert_holds(elsewhere, [*TAKEN, *waiting])


def _first_tie(organism: OpenOrganism) -> tuple[str, str]:
    return TAKEN[0]["source"], TAKEN[0]["target"]


def test_the_chain_of_the_audit_log_is_whole_and_goes_on(
    organism: OpenOrganism, elsewhere: OpenOrganism, tmp_path: Path
) -> None:
    organism.ledger.audit(actor="ana", action="test", subject="x", detail={"n": 1}, at=organism.now())
    back_up(organism, tmp_path / "backup")
    restore(elsewhere, tmp_path / "backup")
    assert check_chain(elsewhere.ledger.audit_chain(), from_the_start=True).whole
    with (
        psycopg.connect(str(elsewhere.settings.postgres_dsn)) as connection,
        pytest.raises(psycopg.errors.RaiseException),
    ):
        connection.execute("UPDATE organism.audit SET actor = 'bob'")


def test_what_is_written_meanwhile_belongs_to_a_later_moment(
    organism: OpenOrganism, elsewhere: OpenOrganism, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = events(6, seed=9)
    organism.stream.append(more)
    read = organism.stream.read_dead_letters

    def after_a_pulse(limit: int | None = None) -> Any:
        pulsed(organism)  # once the moment is fixed, and before its rows are read
        return read(limit)

    monkeypatch.setattr(organism.stream, "read_dead_letters", after_a_pulse)
    version = head(organism).number
    assert back_up(organism, tmp_path / "backup")["stream"]["waiting"] == 6
    monkeypatch.undo()
    assert head(organism).number == version + 1
    restore(elsewhere, tmp_path / "backup")
    assert head(elsewhere).number == version
    assert pulsed(elsewhere).accepted == 6
    assert_holds(elsewhere, [*TAKEN, *more])
    assert head(elsewhere).fingerprint == head(organism).fingerprint


def test_large_values_come_with_it(organism: OpenOrganism, elsewhere: OpenOrganism, tmp_path: Path) -> None:
    value = {"n": "x" * 100_000}
    content = organism.values.describe(value)[1]()
    organism.imports.store("outcomes", content, at=organism.now())
    assert back_up(organism, tmp_path / "backup")["values"] == {"files": 1, "missing": []}
    restore(elsewhere, tmp_path / "backup")
    assert elsewhere.values.load(content) == value
    elsewhere.values.require_own()


def test_a_value_that_was_lost_before_is_told_and_holds_up_nothing(
    organism: OpenOrganism, elsewhere: OpenOrganism, tmp_path: Path
) -> None:
    mark, write = organism.values.describe({"n": "x" * 100_000})
    organism.imports.store("outcomes", write(), at=organism.now())
    next(Path(str(organism.settings.values)).glob("??/*")).unlink()
    assert back_up(organism, tmp_path / "backup")["values"] == {"files": 0, "missing": [mark]}
    restore(elsewhere, tmp_path / "backup")


def test_a_gap_stays_one(organism: OpenOrganism, elsewhere: OpenOrganism, tmp_path: Path) -> None:
    ids = organism.stream.append(events(3))
    organism.stream.trim(ids[1])
    assert back_up(organism, tmp_path / "backup")["stream"]["waiting"] == 1
    restore(elsewhere, tmp_path / "backup")
    gap = pulsed(elsewhere).gap
    assert gap is not None
    assert gap.missing == 2


def test_a_stream_that_is_empty_counts_on(organism: OpenOrganism, elsewhere: OpenOrganism, tmp_path: Path) -> None:
    organism.stream.trim(organism.archive.position().entry)
    back_up(organism, tmp_path / "backup")
    restore(elsewhere, tmp_path / "backup")
    assert elsewhere.stream.state().added == 41
    elsewhere.stream.append(events(2, seed=3))
    report = pulsed(elsewhere)
    assert (report.accepted, report.gap) == (2, None)


def test_nothing_that_is_there_is_written_over(organism: OpenOrganism, elsewhere: OpenOrganism, tmp_path: Path) -> None:
    back_up(organism, tmp_path / "backup")
    with pytest.raises(RequestError, match="there already"):
        back_up(organism, tmp_path / "backup")
    before = rows(organism.settings.postgres_dsn)
    other = replace(organism.settings, stream="test:none", dead_letters="test:none:dead")
    with OpenOrganism(other) as same_ledger, pytest.raises(RefusedError, match="in use: there are rows in") as refused:
        restore(same_ledger, tmp_path / "backup")
    assert refused.value.code == "not-empty"
    assert rows(organism.settings.postgres_dsn) == before
    with (
        OpenOrganism(replace(elsewhere.settings, stream=organism.settings.stream)) as same_stream,
        pytest.raises(RefusedError, match="Redis has"),
    ):
        restore(same_stream, tmp_path / "backup")
    assert not any(table for name, table in rows(elsewhere.settings.postgres_dsn).items() if name != "stream_position")


def test_a_backup_that_was_changed_or_is_not_whole_changes_nothing(
    organism: OpenOrganism, elsewhere: OpenOrganism, tmp_path: Path
) -> None:
    back_up(organism, tmp_path / "backup")
    file = tmp_path / "backup" / "ledger" / "person.gz"
    whole = file.read_bytes()
    file.write_bytes(gzip.compress(gzip.decompress(whole).replace(b"\ta\n", b"\tz\n")))

    def nothing() -> None: ...

    for break_it in (nothing, file.unlink):
        break_it()
        with pytest.raises(RequestError, match=r"person\.gz") as refused:
            restore(elsewhere, tmp_path / "backup")
        assert refused.value.code == "damaged-backup"
    assert elsewhere.archive.position().batch == 0
    (tmp_path / "backup" / "manifest.json").unlink()
    with pytest.raises(RequestError, match="is not a backup"):
        restore(elsewhere, tmp_path / "backup")


def test_one_of_a_newer_version_is_refused(organism: OpenOrganism, elsewhere: OpenOrganism, tmp_path: Path) -> None:
    back_up(organism, tmp_path / "backup")
    manifest = tmp_path / "backup" / "manifest.json"
    document = json.loads(manifest.read_text())
    document["ledger"]["migrations"].append("9999_later.sql")
    manifest.write_text(json.dumps(document))
    with pytest.raises(RefusedError, match="9999_later") as refused:
        restore(elsewhere, tmp_path / "backup")
    assert refused.value.code == "newer-version"


def test_only_its_owner_reads_it_and_a_failure_leaves_nothing(
    organism: OpenOrganism, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(organism, tmp_path / "backup")
    found = {
        stat.S_IMODE(each.stat().st_mode)
        for each in (tmp_path / "backup", *(tmp_path / "backup").rglob("*"))
        if each.is_file() or each.is_dir()
    }
    assert found == {0o700, 0o600}

    def away(limit: int | None = None) -> Any:
        raise StoreError("the event stream: away")

    monkeypatch.setattr(organism.stream, "read_dead_letters", away)
    with pytest.raises(StoreError, match="away"):
        back_up(organism, tmp_path / "second")
    assert [each.name for each in tmp_path.iterdir() if "second" in each.name] == []


def test_tables_of_an_older_version_are_brought_up(fresh_database: Callable[[], str]) -> None:
    older = [name for name in known_migrations() if name < "0018"]
    old, new = Database(fresh_database()), Database(fresh_database())
    with psycopg.connect(old.dsn) as connection:
        apply_migrations(connection, older)
        connection.execute(
            "INSERT INTO organism.audit (at, actor, action, subject, detail) VALUES (now(), 'ana', 'x', 'y', '{}')"
        )
    # `connection()` would migrate it: what is read is what a backup of that version wrote
    old._migrated = True
    with PostgresCopies(old).moment() as moment:
        tables = [(each, list(moment.rows(each))) for each in moment.tables()]
        migrations = moment.migrations
    PostgresCopies(new).load(migrations, [TableRows(table, partial(iter, pieces)) for table, pieces in tables])
    with new.connection() as connection:
        found = connection.execute("SELECT actor, number, digest IS NOT NULL FROM organism.audit").fetchall()
        connection.execute(
            "INSERT INTO organism.audit (at, actor, action, subject, detail) VALUES (now(), 'bob', 'x', 'y', '{}')"
        )
    assert found == [("ana", 1, True)]
    old.close()
    new.close()
