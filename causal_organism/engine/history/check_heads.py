"""Checks on what exists, when somebody asks: all checks of a selection, on the heads, without making anything."""

from __future__ import annotations

from causal_organism.assets.freshness.staleness import results_of_now
from causal_organism.assets.keys import label_of, placed
from causal_organism.assets.outcomes import RunOutcome
from causal_organism.assets.partitions.choices import choose, parse_choice
from causal_organism.assets.storable import error_text
from causal_organism.assets.versions import Head
from causal_organism.documents.versions import CheckedRow, ChecksDocument
from causal_organism.engine.checks.heads import recheck
from causal_organism.engine.checks.running import Results
from causal_organism.engine.leases import hold_waiting
from causal_organism.engine.plan import select_keys
from causal_organism.engine.requests import Origin
from causal_organism.engine.snapshot import LedgerSnapshot, load_snapshot
from causal_organism.errors import DamagedValueError, RetiredValueError
from causal_organism.ports import Engine

NOT_RUN = "not-run"


def check_heads(
    organism: Engine, selection: str, origin: Origin, *, partition: str | None = None, allow_empty: bool = False
) -> ChecksDocument:
    """organism.checks/1: run every check of a selection on its heads, sources' too, and record what they say.

    What has no check, or was never made, is left out. Raises SelectionError, RefusedError, LeaseHeldError, StoreError.
    """
    organism.settings.refuse_changes()
    snapshot = load_snapshot(organism)
    keys = select_keys(organism, selection, snapshot, allow_empty=allow_empty)
    chosen = choose(
        parse_choice(partition) if partition is not None else {},
        [key for key in keys if organism.graph[key].checks],
        lambda key: organism.graph[key].partitions,
        snapshot.space,
    )
    refs = [(key, text) for key in organism.graph.in_order(chosen) for text in chosen[key]]
    rows = [_check(snapshot, *ref, origin) for ref in refs if snapshot.is_made(*ref)]
    if rows:
        detail = {"checked": len(rows), "rejected": [each["name"] for each in rows if each["outcome"] == "rejected"]}
        organism.ledger.audit(actor=origin.actor, action="checks", subject=selection, detail=detail, at=organism.now())
    return _document(rows)


def known_checks(organism: Engine, selection: str) -> ChecksDocument:
    """organism.checks/1, of what checks said last of the heads of a selection: nothing is run and nothing recorded."""
    snapshot = load_snapshot(organism)
    keys = select_keys(organism, selection, snapshot, allow_empty=True)
    refs = [(key, text) for key in keys if organism.graph[key].checks for text in snapshot.space(key).texts]
    heads = ((ref, snapshot.head(*ref)) for ref in refs)
    return _document([_known(snapshot, *ref, head) for ref, head in heads if head is not None])


def _known(snapshot: LedgerSnapshot, key: str, partition: str, head: Head) -> CheckedRow:
    now = results_of_now(head, snapshot.code[key])
    all_were_run = len(now) == len(snapshot.code[key].checks)
    outcome = "rejected" if any(each.rejects for each in now) else "passed" if all_were_run else NOT_RUN
    return _row(key, partition, head, outcome, head.checks)


def _document(rows: list[CheckedRow]) -> ChecksDocument:
    is_well = all(each["outcome"] in ("passed", NOT_RUN) for each in rows)
    outcome = (RunOutcome.DONE if is_well else RunOutcome.FAILED) if rows else RunOutcome.NOTHING
    return {"schema": "organism.checks/1", "outcome": outcome, "checked": rows}


def _check(snapshot: LedgerSnapshot, key: str, partition: str, origin: Origin) -> CheckedRow:
    """What checks say of one head now."""
    organism, error = snapshot.organism, None
    results: Results = ()
    wait_s = organism.settings.lease_wait_s
    with hold_waiting(organism, (key,), partition=partition, holder=f"checks/{origin.actor}", wait_s=wait_s) as leases:
        head = organism.ledger.heads_of([key], partition)[key]
        snapshot.set_head(key, partition, head)
        try:
            results = recheck(snapshot, leases[key], origin, every=True)
        except (DamagedValueError, RetiredValueError) as problem:
            error = error_text(problem)
    outcome = "failed" if error else "rejected" if any(each.rejects for each in results) else "passed"
    return _row(key, partition, head, outcome, results, error)


def _row(key: str, partition: str, head: Head, outcome: str, results: Results, error: str | None = None) -> CheckedRow:
    """`outcome`: `passed`, warnings included; `rejected` by a blocking check; `failed`: it could not be read;
    `not-run`: a check is new or changed, and nobody ran it on this head.
    """
    return {
        **placed(key, partition),
        "name": label_of(key, partition),
        "version": head.version.number,
        "outcome": outcome,
        "checks": [each.to_document() for each in results],
        "error": error,
    }
