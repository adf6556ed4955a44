"""What a proposal would do, on a copy of the world as it is known now."""

from __future__ import annotations

from causal_organism.documents.simulations import SimulationDocument
from causal_organism.engine.contents import load_value
from causal_organism.errors import RequestError
from causal_organism.organism.decisions.proposals import find_intervention
from causal_organism.ports import Organism

_READ = ("causal/effects", "panel", "interactions/weeks")


def load_simulation(organism: Organism, intervention: str) -> SimulationDocument:
    """A proposal on a copy of the world; of one that rests on a declared study, what that expects. Writes nothing.

    Raises:
        RequestError: there is no such proposal, or something that it is simulated on was never made or is not kept.
    """
    from causal_organism.causal.panel import TREATMENT, to_columns, to_panel  # numpy
    from causal_organism.causal.treatments import of_treatment
    from causal_organism.interventions.simulation import World, simulate
    from causal_organism.interventions.study_simulation import simulate_study

    found = find_intervention(organism, intervention)
    if found.get("study"):
        return {**simulate_study(found), "state": found["state"], "evidence": found["evidence"]}
    if (variable := found["contrast"]["variable"]) != TREATMENT:
        raise RequestError(
            f"{found['id']} changes {variable}; only a change of {TREATMENT} can be simulated on the network",
            hint=f"organism interventions show {found['id']}",
        )
    heads = organism.ledger.heads_of(_READ)
    for key in _READ:
        if key not in heads or not heads[key].version.kept:
            raise RequestError(f"there is no {key} to simulate it on", hint=f"organism refresh '+{key}'")
    effects, panel, weekly = (load_value(organism, heads[key].version) for key in _READ)
    world = World(
        effects=of_treatment(to_columns(effects), TREATMENT), panel=to_panel(panel), weekly=to_columns(weekly),
        min_group=int(organism.settings.min_group),
    )  # fmt: skip
    return {**simulate(found, world), "state": found["state"], "evidence": found["evidence"]}
