"""ASSETS: every asset of this organism.

The functions import what they compute with when they run: reading the catalog loads no numpy, numba, pandas or dowhy.
Their code versions are derived from their source and that of what they call.
"""

from __future__ import annotations

from typing import Any

from causal_organism.assets.checks import no_nulls, row_count
from causal_organism.assets.definitions import Keep, asset, platform_source
from causal_organism.assets.exports import Effects, Proposals, Readings, Scores

PULSE = {"pulse": ""}  # refreshed by every pulse
PROGRESSIVE = {"progressive": ""}  # a sample, which every full analysis enlarges until it is exact
FLOATS = 1e-9  # relative: a make in full within this of the head is the same

network = platform_source(
    "network",
    description="Who interacts with whom, and how much: people and ties in Neo4j, taken in from the Redis stream.",
    keep=Keep(days=90),
)
people = platform_source(
    "people", description="The roster: id, name, team, manager, role, level, site, start, end, FTE."
)
outcomes = platform_source("outcomes", description="Metrics per person and ISO week.")
study = platform_source(
    "study", description="The study file: what the panel is asked, by which design, and which way outcomes are better."
)
studies = platform_source(
    "studies", description="Declared studies of other data: each a reviewed file with its table, by any design."
)
started = platform_source(
    "interventions/started", description="What people started by lot: whom it is about, its lots, and when it ended."
)
weeks = platform_source(
    "interactions/weeks",
    description="Sums of interactions per tie, kind and ISO week; outlives the archive of single interactions.",
    keep=Keep(last=20),
)


@asset(key="views/degree", exports=Scores(), tags=PULSE, retry="light", checks=(row_count(low=1),))
def degree(network: Any) -> Any:
    """How many others a person interacts with: towards them, from them, either way."""
    from causal_organism.views import degree as view

    return view.degree(network)


@degree.update
def _degree(previous: Any, changes: Any, network: Any) -> Any:
    from causal_organism.views import degree as view

    return view.update_degree(previous, network, changes["network"])


@asset(key="views/strength", exports=Scores(), tags=PULSE, retry="light", tolerance=FLOATS)
def strength(network: Any) -> Any:
    """How much a person interacts: summed weights of ties in and out."""
    from causal_organism.views import strength as view

    return view.strength(network)


@strength.update
def _strength(previous: Any, changes: Any, network: Any) -> Any:
    from causal_organism.views import strength as view

    return view.update_strength(previous, network, changes["network"])


@asset(key="views/reciprocity", exports=Scores(), tags=PULSE, retry="light", tolerance=FLOATS)
def reciprocity(network: Any) -> Any:
    """Share of a person's ties that go both ways."""
    from causal_organism.views import reciprocity as view

    return view.reciprocity(network)


@reciprocity.update
def _reciprocity(previous: Any, changes: Any, network: Any) -> Any:
    from causal_organism.views import reciprocity as view

    return view.update_reciprocity(previous, network, changes["network"])


@asset(key="views/clustering", exports=Scores(), tags=PULSE, retry="light", tolerance=FLOATS)
def clustering(network: Any, context: Any) -> Any:
    """How many of a person's neighbours are tied to each other, and the triangles that makes."""
    from causal_organism.views import clustering as view

    return view.clustering(network, share=context.share)


@clustering.update
def _clustering(previous: Any, changes: Any, network: Any) -> Any:
    from causal_organism.views import clustering as view

    return view.update_clustering(previous, network, changes["network"])


@asset(key="views/constraint", exports=Scores(), tags=PULSE, retry="light", tolerance=FLOATS)
def constraint(network: Any, context: Any) -> Any:
    """Structural holes: how far a person's contacts are contacts of each other, and the size without that."""
    from causal_organism.views import constraint as view

    return view.constraint(network, share=context.share)


@constraint.update
def _constraint(previous: Any, changes: Any, network: Any, context: Any) -> Any:
    from causal_organism.views import constraint as view

    return view.update_constraint(previous, network, changes["network"], share=context.share)


@asset(key="views/ego", exports=Scores(), tags=PULSE, retry="light", tolerance=FLOATS)
def ego(network: Any, context: Any) -> Any:
    """How far a person's own contacts need the person to reach each other."""
    from causal_organism.views import ego as view

    return view.ego(network, share=context.share)


@ego.update
def _ego(previous: Any, changes: Any, network: Any, context: Any) -> Any:
    from causal_organism.views import ego as view

    return view.update_ego(previous, network, changes["network"], share=context.share)


@asset(key="views/brokerage", exports=Scores(), tags=PULSE, retry="light")
def brokerage(network: Any, people: Any, context: Any) -> Any:
    """Between whom a person passes things on, by the teams of the three: coordinator, gatekeeper, liaison and so on."""
    from causal_organism.views import brokerage as view

    return view.brokerage(network, people, share=context.share)


@brokerage.update
def _brokerage(previous: Any, changes: Any, network: Any, people: Any, context: Any) -> Any:
    from causal_organism.views import brokerage as view

    if set(changes) != {"network"}:  # another roster moves people between teams everywhere
        return None
    return view.update_brokerage(previous, network, people, changes["network"], share=context.share)


@asset(key="views/bridges", exports=Scores(), retry="light")
def bridges(network: Any) -> Any:
    """Ties and people without whom the network falls into more parts; made in full each time, in linear time."""
    from causal_organism.views import bridges as view

    return view.bridges(network)


@asset(key="views/core", exports=Scores(), tags=PULSE, retry="light")
def core(network: Any) -> Any:
    """The densest part of the network that a person belongs to; made in full, in linear time, where a pair flips."""
    from causal_organism.views import core as view

    return view.core(network)


@core.update
def _core(previous: Any, changes: Any, network: Any) -> Any:
    from causal_organism.views import core as view

    return view.update_core(previous, network, changes["network"])


@asset(key="views/pagerank", exports=Scores(), retry="expensive", tolerance=FLOATS)
def pagerank(network: Any) -> Any:
    """How much attention reaches a person along ties; shares sum to 1. Made in full each time."""
    from causal_organism.views import pagerank as view

    return view.pagerank(network)


@asset(key="views/communities", exports=Scores(), retry="expensive")
def communities(network: Any) -> Any:
    """Groups that interact more within than between, by Leiden; names stay where groups do."""
    from causal_organism.views import communities as view

    return view.communities(network)


@communities.update
def _communities(previous: Any, changes: Any, network: Any) -> Any:
    from causal_organism.views import communities as view

    return view.update_communities(previous, network, changes["network"])


@asset(key="views/teams", exports=Readings(), retry="light", tolerance=FLOATS, settings=("min_group",))
def teams(network: Any, people: Any, context: Any) -> Any:
    """Cohesion, silo and ties across, per team of the roster; nothing about teams under the minimum size."""
    from causal_organism.views import teams as view

    return view.teams(network, people, min_group=context.settings["min_group"])


@asset(
    key="views/betweenness",
    exports=Scores(),
    tags=PROGRESSIVE,
    retry="expensive",
    tolerance=FLOATS,
    settings=("betweenness_exact_people", "betweenness_sources"),
)
def betweenness(network: Any, context: Any) -> Any:
    """On how many shortest paths between others a person lies; sampled above `betweenness_exact_people`."""
    from causal_organism.views import betweenness as view

    return _with_sources(view.betweenness, network, context)


@asset(
    key="views/betweenness_weighted",
    exports=Scores(),
    tags=PROGRESSIVE,
    retry="expensive",
    tolerance=FLOATS,
    settings=("betweenness_exact_people", "betweenness_sources"),
)
def betweenness_weighted(network: Any, context: Any) -> Any:
    """The same by distances: a heavier tie is a shorter way, 60 / weight long, in whole steps of at least 1."""
    from causal_organism.views import betweenness_weighted as view

    return _with_sources(view.betweenness_weighted, network, context)


def _with_sources(view: Any, network: Any, context: Any) -> Any:
    found = view(
        network,
        exact_people=context.settings["betweenness_exact_people"],
        sources=context.settings["betweenness_sources"],
        share=context.share,
    )
    context.metadata(sources=found.sources, exact=found.exact)
    return found.scores


@asset(reads={"weekly": "interactions/weeks", "degree": "views/degree"}, retry="light", tolerance=FLOATS)
def panel(weekly: Any, people: Any, outcomes: Any, degree: Any, context: Any) -> Any:
    """One row per person and week: what was done, what followed, and what has to be held equal."""
    from causal_organism.causal.panel import build_panel
    from causal_organism.causal.panel_people import coverage_facts, people_facts

    made = build_panel(weekly, people, outcomes, {"degree": degree})
    context.metadata(**people_facts(weekly, people, outcomes), **coverage_facts(made))
    return made


@panel.update
def _panel(previous: Any, weekly: Any, people: Any, outcomes: Any, degree: Any, context: Any) -> Any:
    from causal_organism.causal.panel import update_panel
    from causal_organism.causal.panel_people import coverage_facts, people_facts

    made = update_panel(previous, weekly, people, outcomes, {"degree": degree})
    if made is not None:  # another roster moves people between teams everywhere
        context.metadata(**people_facts(weekly, people, outcomes), **coverage_facts(made))
    return made


@asset(
    key="causal/effects",
    exports=Effects(),
    retry="expensive",
    tolerance=FLOATS,
    settings=("min_group",),
    checks=(no_nulls("verdict"),),
)
def effects(panel: Any, study: Any, context: Any) -> Any:
    """For every person: what one more hour of meetings a week does, with an interval, or why that cannot be said."""
    from causal_organism.causal.declarations.panel_study import parse_panel_study
    from causal_organism.causal.effects import estimate_effects

    declared = parse_panel_study(study["text"])
    columns, facts = estimate_effects(panel, seed=SEED, declared=declared, min_group=context.settings["min_group"])
    context.metadata(**facts)
    return columns


@asset(
    key="causal/refutations",
    reads={"panel": "panel", "effects": "causal/effects"},
    retry="expensive",
    settings=("min_group",),
)
def refutations(panel: Any, effects: Any, study: Any, context: Any) -> Any:
    """Does the conclusion survive: placebos, subsets, hidden confounders; per outcome and segment."""
    from causal_organism.causal.declarations.panel_study import parse_panel_study
    from causal_organism.causal.refutations import refute

    declared = parse_panel_study(study["text"])
    return refute(panel, effects, seed=SEED, declared=declared, min_group=context.settings["min_group"])


@asset(key="causal/studies", retry="expensive", settings=("min_group",))
def declared_studies(studies: Any, context: Any) -> Any:
    """What every declared study of other data says, with its grade, and who could still be given the treatment."""
    from causal_organism.causal.declared_studies import run_studies

    return run_studies(studies, min_group=context.settings["min_group"])


@asset(
    key="interventions/results",
    reads={"started": "interventions/started", "panel": "panel"},
    retry="light",
    tolerance=FLOATS,
)
def results(started: Any, panel: Any, study: Any, studies: Any) -> Any:
    """What everything that was started by lot did, beside what was expected of it; and how far its type is believed."""
    from causal_organism.causal.declarations.panel_study import parse_panel_study
    from causal_organism.causal.panel import to_panel
    from causal_organism.interventions.evaluation import evaluate_all
    from causal_organism.interventions.worlds import World

    world = World(panel=to_panel(panel), declared=parse_panel_study(study["text"]), studies=studies["studies"])
    return evaluate_all(started["started"], world)


@asset(
    key="interventions/proposals",
    exports=Proposals(),
    reads={
        "results": "interventions/results",
        "effects": "causal/effects",
        "refutations": "causal/refutations",
        "degree": "views/degree",
        "betweenness": "views/betweenness",
        "studies": "causal/studies",
    },
    retry="light",
    settings=("min_group",),
)
def proposals(
    effects: Any,
    refutations: Any,
    studies: Any,
    results: Any,
    degree: Any,
    betweenness: Any,
    people: Any,
    study: Any,
    context: Any,
) -> Any:
    """Ranked proposals with the expected change, its interval and the evidence; people decide about them."""
    from causal_organism.causal.declarations.panel_study import parse_panel_study, with_group
    from causal_organism.interventions.proposals import propose

    # Content and not numbers: the same inputs give the same proposals, whatever their versions are called.
    evidence = {key: version.fingerprint for key, version in context.inputs.items()}
    return propose(
        effects,
        refutations,
        results=results,
        degree=degree,
        betweenness=betweenness,
        people=people,
        studies=studies,
        evidence=evidence,
        declared=with_group(parse_panel_study(study["text"]), context.settings["min_group"]),
    )


SEED = 20_260_101

ASSETS = (
    network,
    people,
    outcomes,
    study,
    studies,
    started,
    weeks,
    degree,
    strength,
    reciprocity,
    clustering,
    constraint,
    ego,
    brokerage,
    core,
    bridges,
    pagerank,
    communities,
    teams,
    betweenness,
    betweenness_weighted,
    panel,
    effects,
    refutations,
    declared_studies,
    results,
    proposals,
)
