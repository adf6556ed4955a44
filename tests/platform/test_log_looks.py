"""What the watcher reads in the audit log: changes to it, its end included, and imports that removed much."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from causal_organism.platform.watching.log_looks import WHOLE_EVERY, look_at_audit, look_at_imports
from causal_organism.stores.memory.ledger import MemoryLedger
from tests.platform.test_runs import organism as in_memory


@pytest.fixture
def organism() -> Any:
    found = in_memory()
    assert isinstance(found.ledger, MemoryLedger)
    found.ledger._audit.clear()
    for number in range(4):
        told(found, "test", {"n": number})
    return found


def told(organism: Any, action: str, detail: dict[str, Any]) -> None:
    organism.ledger.audit(actor="ana", action=action, subject="x", detail=detail, at=organism.now())


def seen(organism: Any, memory: Any, *, later: timedelta = timedelta()) -> list[str]:
    return [each.text for each in look_at_audit(organism, memory, organism.now() + later)]


def test_a_log_that_grows_is_whole_and_only_what_is_new_is_read(organism: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    memory: dict[str, Any] = {}
    assert seen(organism, memory) == []
    told(organism, "test", {"n": 4})
    read: list[int] = []
    chain = organism.ledger.audit_chain

    def counted(**by: Any) -> Any:
        read.append(by.get("after", 0))
        return chain(**by)

    monkeypatch.setattr(organism.ledger, "audit_chain", counted)
    assert seen(organism, memory) == []
    assert (set(read), memory["audit"]["number"]) == ({3}, 5)
    read.clear()
    assert seen(organism, memory, later=WHOLE_EVERY) == []
    assert read[0] == 0


@pytest.mark.parametrize("at", [0, 2])
def test_a_changed_row_is_found_within_a_day_and_told_until_it_is_mended(organism: Any, at: int) -> None:
    memory: dict[str, Any] = {}
    assert seen(organism, memory) == []
    was = organism.ledger._audit[at]
    organism.ledger._audit[at] = replace(was, actor="bob")
    told = f"the audit log is not whole: row {at + 1}: it was changed after it was written"
    assert seen(organism, memory, later=WHOLE_EVERY) == [told]
    assert seen(organism, memory, later=WHOLE_EVERY) == [told]
    organism.ledger._audit[at] = was
    assert seen(organism, memory, later=WHOLE_EVERY) == []


def test_rows_that_are_taken_off_the_end_or_written_anew_there_are_missed_at_once(organism: Any) -> None:
    memory: dict[str, Any] = {}
    assert seen(organism, memory) == []
    organism.ledger._audit.pop()
    assert seen(organism, memory) == ["the audit log is not whole: rows up to 4 were taken off its end"]
    told(organism, "other", {})
    assert seen(organism, memory) == ["the audit log is not whole: row 4 is another one than it was"]


def test_rows_that_are_taken_out_are_missing(organism: Any) -> None:
    memory: dict[str, Any] = {}
    del organism.ledger._audit[1:3]
    assert seen(organism, memory) == ["the audit log is not whole: 2 rows are missing, the first is 2"]


@pytest.mark.parametrize(("rows", "removed", "is_told"), [(80, 20, False), (79, 21, True), (0, 5, True), (9, 0, False)])
def test_an_import_that_removed_more_than_a_fifth_is_told(
    organism: Any, rows: int, removed: int, is_told: bool
) -> None:
    told(organism, "import.people", {"rows": rows, "removed": removed})
    assert bool(look_at_imports(organism, organism.now())) is is_told


def test_the_next_import_or_the_next_day_ends_it(organism: Any) -> None:
    told(organism, "import.people", {"rows": 10, "removed": 90})
    (fault,) = look_at_imports(organism, organism.now())
    assert (fault.key, fault.text) == (
        "import-removed-much/people",
        "an import of people by ana removed 90 of some 100 rows (90.0%)",
    )
    assert look_at_imports(organism, organism.now() + timedelta(days=2)) == []
    told(organism, "import.people", {"rows": 100, "removed": 0})
    assert look_at_imports(organism, organism.now()) == []
