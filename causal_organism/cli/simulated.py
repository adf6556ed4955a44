"""A simulated proposal as text."""

from __future__ import annotations

from causal_organism.cli.output import table
from causal_organism.documents.simulations import (
    GroupOutcome,
    SimulatedGroup,
    SimulatedTreatment,
    SimulationDocument,
)
from causal_organism.wording.safe_text import safe_text


def simulation_text(found: SimulationDocument) -> str:
    """What it does to whom, the network, and what nobody knows."""
    people, treatment = found["people"], found["treatment"]
    colleagues, untouched, weeks = (
        "?" if each is None else each for each in (people["colleagues"], people["untouched"], found["weeks"])
    )
    lines = [
        f"{safe_text(found['title'])}",
        f"{people['treated']} people with it, {colleagues} colleagues whom it touches,"
        f" {untouched} untouched; weeks taken once more: {weeks}",
        *_treatment_lines(treatment),
        "",
    ]
    rows = [
        (each["outcome"], group["group"], group["people"], _change(group), each["unit"] or "-", group["verdict"])
        for each in found["outcomes"]
        for group in each["groups"]
    ]
    lines += [table(("OUTCOME", "WHO", "PEOPLE", "CHANGE, 90 % INTERVAL", "UNIT", "THEY"), rows), ""]
    network = [
        (name.replace("_", " "), f"{each['before']:g}", f"{each['from']:g} to {each['to']:g}")
        for name, each in found["network"].items()
    ]
    lines += [table(("NETWORK", "BEFORE", "AFTER"), network), ""] if network else []
    lines += [f"not known: {each['outcome']} of {_who(each)}" for each in found["unknown"]]
    lines.append(f"evidence: {found['evidence']}; a model of what was observed, which an experiment may contradict")
    return safe_text("\n".join(lines), multiline=True)


def _treatment_lines(treatment: SimulatedTreatment) -> list[str]:
    """Nothing, where it is not known how much of it there is: a declared study's may be of two values."""
    if treatment["before"] is None:
        return []
    short = treatment["fewer_hours_than_the_change"]
    return [
        f"{treatment['variable']} of those with it:"
        f" {treatment['before']:g} to {treatment['after']:g} a week"
        + (f"; {short} of them have fewer to lose" if short else "")
    ]


def _who(each: GroupOutcome) -> str:
    return each["group"] if each["people"] is None else f"{each['people']} people ({each['group']})"


def _change(group: SimulatedGroup) -> str:
    if group["mean"] is None:
        return "-"
    return f"{group['mean']:+.3g} ({group['from']:+.3g} to {group['to']:+.3g})"
