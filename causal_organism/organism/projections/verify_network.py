"""The audit: the whole network, read from its server, against what the archive says that it holds.

They must agree; the archive is right. A difference is an alert with the first ties that differ, stands in the audit
log, and is repaired as a pulse repairs it: the network is made again from the archive, under the lease of `network`.
What was published meanwhile is not touched by it: versions are verified by their fingerprints when they are read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from causal_organism.alerts.alerts import Alert
from causal_organism.alerts.rules import network_differs
from causal_organism.documents.network_audit import (
    LastAudit,
    NetworkAudit,
    PersonDifferenceRow,
    TieAmounts,
    TieDifferenceRow,
    TieSums,
)
from causal_organism.engine.leases import hold_waiting
from causal_organism.errors import NetworkGapError
from causal_organism.network.columns import FORMAT
from causal_organism.network.interactions import moment_text
from causal_organism.organism.projections.network_follower import catch_up, rebuild
from causal_organism.ports import Organism

if TYPE_CHECKING:
    from causal_organism.network.comparing import Comparison, TieDifference

NETWORK = "network"
FACT = "network-audit"
SHOWN = 20
_TRIES = 5

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What an audit found. `error`: why the network could not be compared tie by tie."""

    at: datetime
    batch: int
    people: int
    ties: int
    differing_people: int = 0
    differing_ties: int = 0
    differences: tuple[TieDifferenceRow | PersonDifferenceRow, ...] = ()
    error: str | None = None
    repaired: bool = False
    older_format: int | None = None  # in which an older version stored its ties: no difference, and nothing to tell

    @property
    def same(self) -> bool:
        return not (self.differing_people or self.differing_ties or self.error)

    def to_document(self) -> NetworkAudit:
        return {
            "at": self.at.isoformat(),
            "batch": self.batch,
            "people": self.people,
            "ties": self.ties,
            "same": self.same,
            "differing_people": self.differing_people,
            "differing_ties": self.differing_ties,
            "differences": list(self.differences),
            "error": self.error,
            "repaired": self.repaired,
            "older_format": self.older_format,
        }

    def __str__(self) -> str:
        return describe(self.to_document())


Tell = Callable[[Organism, Sequence[Alert]], object]


def audit_network(
    organism: Organism, *, run: str | None, actor: str, holder: str, tell: Tell, repair: bool = True
) -> AuditReport:
    """Compare, tell and, unless told not to, repair. Cost: reads the whole network and all sums of the archive.

    `tell` sends the alert of a difference.

    Raises:
        LeaseHeldError: a pulse did not end within the lease's waiting time.
        RefusedError: this console is read-only; `compare_network` only looks.
    """
    organism.settings.refuse_changes()
    with hold_waiting(organism, (NETWORK,), holder=holder, wait_s=organism.settings.lease_wait_s):
        before = organism.network.position().format
        strayed = catch_up(organism, actor=actor)  # what is merely behind is no difference
        report = compare_network(organism)
        if before != FORMAT:  # it was brought to this version's format by that
            report = replace(report, older_format=before)
        elif strayed:
            report = replace(report, error="it did not continue what the archive has", repaired=True)
        if not report.same:
            report = _note(organism, report, actor=actor, repair=repair)
    remembered: LastAudit = {**report.to_document(), "differences": [], "run": run}
    organism.ledger.set_fact(FACT, remembered)
    if not report.same:
        tell(organism, [_alert(report, run)])
    return report


def compare_network(organism: Organism) -> AuditReport:
    """Only look. Raises NetworkGapError where the network and the archive do not come to stand at the same batch."""
    from causal_organism.network.comparing import Comparison, compare_columns  # numpy

    for _ in range(_TRIES):
        expected = organism.archive.ties(kinds=True)
        if (found := organism.network.position().format) != FORMAT:
            return _of_older_format(organism, found)
        error, comparison = None, Comparison()
        try:
            columns = organism.network.read(kinds=True)
            if columns.position.batch != expected.position.batch:
                continue  # it was written to while we read, or is behind
            comparison = compare_columns(expected, columns, show=SHOWN)
        except (ValueError, TypeError, IndexError, OverflowError) as problem:  # somebody else wrote there
            error = f"what it holds is not a network: {problem}"
        return AuditReport(
            at=organism.now(),
            batch=expected.position.batch,
            people=len(expected.ids),
            ties=len(expected.source),
            differing_people=comparison.people,
            differing_ties=comparison.ties,
            differences=_differences(comparison),
            error=error,
        )
    raise NetworkGapError(
        f"the network does not stand at the archive's batch {organism.archive.position().batch}",
        hint="the next pulse brings it up; compare again after it",
    )


def last_audit(organism: Organism) -> LastAudit | None:
    """The differing ties are in the audit log. None: there was none."""
    found: LastAudit | None = organism.ledger.fact(FACT)
    return found


def _of_older_format(organism: Organism, found: int) -> AuditReport:
    position = organism.network.position()
    return AuditReport(
        at=organism.now(),
        batch=position.batch,
        people=0,
        ties=0,
        error=f"an older version stored its ties, in format {found}; the next pulse brings them to format {FORMAT}",
        older_format=found,
    )


def describe(audit: NetworkAudit) -> str:
    """One line: `batch 12: 8 people and 40 ties, as the archive says`, or what differs."""
    size = f"batch {audit['batch']}: {audit['people']} people and {audit['ties']} ties"
    if audit.get("older_format") is not None and not audit["same"]:
        return f"batch {audit['batch']}; {audit['error']}"
    if audit["same"]:
        return f"{size}, as the archive says"
    counts = [(audit["differing_ties"], "tie"), (audit["differing_people"], "person")]
    words = [
        f"{count} {_plural(word, count)} {'differs' if count == 1 else 'differ'}" for count, word in counts if count
    ]
    words += [audit["error"]] if audit["error"] else []
    return f"{size}; {', '.join(words)}; {'made again from the archive' if audit['repaired'] else 'not repaired'}"


def difference_text(each: TieDifferenceRow | PersonDifferenceRow) -> str:
    """`ana -> ben: expected weight 2, 2 interactions; is weight 99, 2 interactions`."""
    if "idx" in each:
        return f"person {each['idx']}: expected {each['expected'] or 'nobody'}; is {each['is'] or 'nobody'}"
    wanted, there = each["expected"], each["is"]
    expected, found = _amounts(wanted), _amounts(there)
    copies = f", {each['copies']} times" if each["copies"] > 1 else ""
    if wanted and there and not copies:
        for told in (_times, _kinds):
            if expected == found:
                expected, found = told(wanted), told(there)
    return f"{each['source']} -> {each['target']}: expected {expected}; is {found}{copies}"


def _note(organism: Organism, report: AuditReport, *, actor: str, repair: bool) -> AuditReport:
    """The audit log first, so that it stands there whatever becomes of the repair."""
    if repair and not report.repaired:
        report = replace(report, repaired=True)
        _log.error("network differs from the archive: %s", report)
        _audit(organism, report, actor)
        rebuild(organism, actor=actor)
    else:
        _log.error("network differs from the archive: %s", report)
        _audit(organism, report, actor)
    return report


def _audit(organism: Organism, report: AuditReport, actor: str) -> None:
    detail = report.to_document()
    organism.ledger.audit(actor=actor, action="network.differs", subject=NETWORK, detail=detail, at=organism.now())


def _alert(report: AuditReport, run: str | None) -> Alert:
    lines = [difference_text(each) for each in report.differences]
    return network_differs(
        run=run, at=report.at.isoformat(), what=str(report), differences=lines, repaired=report.repaired
    )


def _differences(comparison: Comparison) -> tuple[TieDifferenceRow | PersonDifferenceRow, ...]:
    people: list[PersonDifferenceRow] = [
        {"idx": idx, "expected": expected, "is": found} for idx, expected, found in comparison.first_people
    ]
    return (*map(_tie, comparison.first_ties), *people)


def _tie(each: TieDifference) -> TieDifferenceRow:
    return {
        "source": each.source,
        "target": each.target,
        "expected": each.expected,
        "is": each.found,
        "copies": each.copies,
    }


def _amounts(amounts: TieSums | None) -> str:
    if amounts is None:
        return "no tie"
    return f"weight {amounts['weight_u'] / 1e6:g}, {amounts['count']} {_plural('interaction', amounts['count'])}"


def _times(amounts: TieSums) -> str:
    return f"from {_time(amounts['first_us'])} to {_time(amounts['last_us'])}"


def _kinds(amounts: TieAmounts) -> str:
    said = (f"{kind!r} {_amounts(sums)} {_times(sums)}" for kind, sums in amounts["kinds"].items())
    return "; ".join(said) or "no kinds"


def _time(at_us: int) -> str:
    try:
        return moment_text(at_us)
    except OverflowError:
        return f"{at_us} µs"


def _plural(word: str, count: int) -> str:
    return word if count == 1 else {"person": "people"}.get(word, f"{word}s")
