"""`organism interventions`: proposals, their evidence, and what was expected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from causal_organism.cli.guards import changes, dry
from causal_organism.cli.output import emit, json_option, table
from causal_organism.cli.runs.foreseen import dry_run_option, say_before, show_only
from causal_organism.cli.simulated import simulation_text
from causal_organism.documents.pilots import ResultDocument
from causal_organism.documents.proposals import (
    DecidedDocument,
    Intervention,
    InterventionDocument,
    InterventionsDocument,
)
from causal_organism.wiring import open_organism
from causal_organism.wording.consequences import after_decision
from causal_organism.wording.permits import APPROVER
from causal_organism.wording.safe_text import safe_text

Decorator = Callable[..., Any]
_NOT_EVALUATED = "nothing was evaluated yet; `organism why interventions/proposals` says what it waits for"


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def interventions(context: click.Context, as_json: bool) -> None:
    """List, show and decide proposals. A refresh only proposes; people decide, each under their name."""
    if context.invoked_subcommand is None:
        context.invoke(list_, as_json=as_json)


@interventions.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the proposals, best first."""
    from causal_organism.organism.decisions.proposals import load_proposals, reason_for_none

    with open_organism() as o:
        found = load_proposals(o)
        reason = None if found else reason_for_none(o)
    document: InterventionsDocument = {
        "schema": "organism.interventions/1",
        "interventions": found,
        "reason": reason,
    }
    emit(document, lambda: _list_text(found, reason), as_json=as_json)


@interventions.command()
@click.argument("intervention")
@json_option
def show(intervention: str, as_json: bool) -> None:
    """Show one proposal; a unique beginning of its id is enough."""
    from causal_organism.organism.decisions.proposals import find_intervention

    with open_organism() as o:
        found = find_intervention(o, intervention)
    document: InterventionDocument = {"schema": "organism.intervention/1", **found}
    emit(document, lambda: _show_text(found), as_json=as_json)


_REASON = click.option("--reason", help="Why; kept with it.")


def _decision(*, reason: Decorator = _REASON) -> Decorator:
    """Declares a command that decides about one proposal."""

    def declare(function: Callable[..., None]) -> click.Command:
        for each in (changes(role=APPROVER, unless=dry), json_option, dry_run_option, reason):
            function = each(function)
        return interventions.command()(click.argument("intervention")(function))

    return declare


@_decision()
def approve(intervention: str, reason: str | None, dry_run: bool, as_json: bool) -> None:
    """Approve a proposal. It is written to the audit log under your name (ORGANISM_ACTOR)."""
    _act(intervention, "approve", reason, dry_run=dry_run, as_json=as_json)


@_decision(reason=click.option("--reason", required=True, help="Why not; kept with it."))
def reject(intervention: str, reason: str, dry_run: bool, as_json: bool) -> None:
    """Reject a proposal, with a reason."""
    _act(intervention, "reject", reason, dry_run=dry_run, as_json=as_json)


@_decision()
def start(intervention: str, reason: str | None, dry_run: bool, as_json: bool) -> None:
    """Say that an approved one has begun."""
    _act(intervention, "start", reason, dry_run=dry_run, as_json=as_json)


@_decision()
def finish(intervention: str, reason: str | None, dry_run: bool, as_json: bool) -> None:
    """Say that a started one is over."""
    _act(intervention, "finish", reason, dry_run=dry_run, as_json=as_json)


@_decision()
def stop(intervention: str, reason: str | None, dry_run: bool, as_json: bool) -> None:
    """End a started one before its time."""
    _act(intervention, "stop", reason, dry_run=dry_run, as_json=as_json)


@_decision()
def withdraw(intervention: str, reason: str | None, dry_run: bool, as_json: bool) -> None:
    """Take back an approval before the start, or a rejection within 24 hours."""
    _act(intervention, "withdraw", reason, dry_run=dry_run, as_json=as_json)


@interventions.command()
@click.argument("intervention")
@json_option
def results(intervention: str, as_json: bool) -> None:
    """Show what a started pilot did: measured change beside the expected one."""
    from causal_organism.organism.decisions.results import load_result

    with open_organism() as o:
        found = load_result(o, intervention)
    emit(found, lambda: _result_text(found), as_json=as_json)


@interventions.command()
@click.argument("intervention")
@json_option
def simulate(intervention: str, as_json: bool) -> None:
    """Apply a proposal to a copy of the world: who gains, who loses, and what is not known. Changes nothing."""
    from causal_organism.organism.decisions.simulation import load_simulation

    with open_organism() as o:
        found = load_simulation(o, intervention)
    emit(found, lambda: simulation_text(found), as_json=as_json)


def _result_text(found: ResultDocument) -> str:
    expected, measured = found["expected"], found["measured"]
    told = (
        "not yet"
        if measured["effect"] is None
        else f"{measured['effect']:+.2f} ({measured['from']:+.2f} to {measured['to']:+.2f}) {found['unit']}"
    )
    lines = [
        ("id", found["id"]),
        ("state", found["state"]),
        ("outcome", found["outcome"]),
        ("expected", f"{expected['total']:+.2f} ({expected['from']:+.2f} to {expected['to']:+.2f}) {found['unit']}"),
        ("measured", told),
        ("teams", f"{found['treated']} with it, {found['held_out']} held out"),
        ("verdict", found["verdict"]),
    ]
    return "\n".join(f"{name:<10} {safe_text(value)}" for name, value in lines)


def _act(intervention: str, action: str, reason: str | None, *, dry_run: bool, as_json: bool) -> None:
    from causal_organism.organism.decisions.proposals import act_on, find_intervention
    from causal_organism.platform.consequences import of_decision

    with open_organism() as o:
        intervention = find_intervention(o, intervention)["id"]
        if dry_run:
            found = of_decision(o, intervention, action)
            show_only(action, found["id"], found, after_decision, as_json=as_json)
            return
        follows = say_before(lambda: of_decision(o, intervention, action), after_decision)
        done = act_on(o, intervention, action, actor=o.settings.actor, reason=reason)
    document: DecidedDocument = {"schema": "organism.intervention/1", **done, "consequences": follows}
    emit(document, lambda: f"{done['id']} is {done['state']}: {safe_text(done['title'])}", as_json=as_json)


def _expected(each: Intervention) -> str:
    e = each["expected"]
    return f"{e['outcome']} {e['mean']:+.2f} ({e['lo']:+.2f} to {e['hi']:+.2f}) {e['unit']}"


def _list_text(found: Sequence[Intervention], reason: str | None) -> str:
    if not found:
        return f"no proposals: {safe_text(reason or _NOT_EVALUATED)}"
    rows = [(e["id"], e["state"], e["title"], _expected(e), e["grade"], e["people"], e["evidence"]) for e in found]
    return table(("ID", "STATE", "WHAT", "EXPECTED", "GRADE", "PEOPLE", "EVIDENCE"), rows)


def _show_text(each: Intervention) -> str:
    lines = [
        ("id", each["id"]),
        ("state", each["state"]),
        ("what", each["title"]),
        ("expected", _expected(each)),
        *(
            ("guardrail", f"{g['outcome']} {g['mean']:+.4f} ({g['lo']:+.4f} to {g['hi']:+.4f})")
            for g in each["guardrails"]
        ),
        ("grade", each["grade"]),
        ("because", each["reason"]),
        ("evidence", f"{each['evidence']}: {', '.join(each.get('rests_on', ()))}"),
    ]
    return "\n".join(f"{name:<10} {safe_text(value)}" for name, value in lines)
