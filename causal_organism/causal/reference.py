"""The same estimand by DoWhy: identification on the diagram and an estimate that does not share our code.

The only module that imports dowhy. What DoWhy does with a frame it does to a copy; names are pinned, so that no
metric's name can mean anything to it; circles, constants and not-a-number never reach it.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.causal.diagram import Diagram
from causal_organism.causal.within import Columns, Floats, Ints

AGREEMENT = 1e-8
"""Difference, as a share of an estimate or its error, above which it is not believed (measured: below 1e-11)."""


def reference_effect(
    diagram: Diagram,
    columns: Mapping[str, Floats],
    *,
    treatment: Floats,
    outcome: Floats,
    others: Floats,
    kinds: Sequence[Ints] = (),
) -> tuple[float | None, tuple[str, ...]]:
    """(effect, what DoWhy adjusted for); the effect is None where DoWhy finds it unidentifiable.

    columns: the diagram's measured variables, as they are. others: further confounders, which are the treatments of the
    other segments. kinds: codes of persons and teams' weeks; DoWhy makes a column for each of them but the first. (As
    columns of ours they would be 70 nodes more, which DoWhy takes ten times as long to identify the effect with.)
    """
    import networkx as nx  # 0.2 s

    measured = [name for name in diagram.nodes if name in columns and name not in (diagram.treatment, diagram.outcome)]
    pinned = {diagram.treatment: "t", diagram.outcome: "y"} | {name: f"w{n}" for n, name in enumerate(measured)}
    data = {"t": treatment, "y": outcome} | {pinned[name]: columns[name] for name in measured}
    extra: dict[str, NDArray[Any]] = {f"s{index}": column for index, column in enumerate(others.T)}
    extra |= {f"c{index}": codes.astype(str) for index, codes in enumerate(kinds)}
    known = [edge for edge in diagram.edges if not (set(edge) & diagram.absorbed)]
    graph = nx.DiGraph([(pinned.get(cause, cause), pinned.get(effect, effect)) for cause, effect in known])
    graph.add_edge("t", "y")
    graph.add_edges_from((name, end) for name in extra for end in ("t", "y"))
    value, adjusted = _ask_dowhy(graph, data | extra)
    names = {short: name for name, short in pinned.items()}
    return value, tuple(sorted({names.get(short, "other segments") for short in adjusted}))


def slope_by_reference(treatment: Floats, outcome: Floats, level: Floats) -> float | None:
    """DoWhy's slope of one person, from whose rows all else was taken out already. `level`: what a constant is in
    them. DoWhy adds a constant of its own; it is 0 where each row stands there with either sign."""
    import networkx as nx  # 0.2 s

    columns = {"t": treatment, "y": outcome, "level": level}
    graph = nx.DiGraph([("t", "y"), ("level", "t"), ("level", "y")])
    return _ask_dowhy(graph, {name: np.concatenate((column, -column)) for name, column in columns.items()})[0]


def reference_error(treatment: Floats, outcome: Floats, held: Floats, cluster: Ints) -> float:
    """The error by cluster of a coefficient, by statsmodels, without any factor for few clusters or rows."""
    import statsmodels.api as sm  # 1.7 s

    held = (held - held.mean(axis=0)) / np.maximum(held.std(axis=0), 1e-300)
    x = np.column_stack((treatment - treatment.mean(), held))
    with warnings.catch_warnings():  # the columns of teams' weeks hold those of a team as a whole already
        warnings.simplefilter("ignore")
        fitted = sm.OLS(outcome - outcome.mean(), x).fit(
            cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": False}
        )
    return float(fitted.bse[0])


def reference_with_error(treatment: Floats, outcome: Floats, held: Floats, cluster: Ints) -> tuple[float, float]:
    """(effect, error) of raw columns; not-a-number where DoWhy has none.

    The effect is DoWhy's, with what is held equal as common causes; the error by cluster is that of statsmodels, which
    counts every column.
    """
    import networkx as nx  # 0.2 s
    import statsmodels.api as sm  # 1.7 s

    names = [f"w{place}" for place in range(held.shape[1])]
    graph = nx.DiGraph([("t", "y"), *((name, end) for name in names for end in ("t", "y"))])
    value, _ = _ask_dowhy(graph, {"t": treatment, "y": outcome} | dict(zip(names, held.T, strict=True)))
    x = sm.add_constant(np.column_stack((treatment, held)), has_constant="add")
    fitted = sm.OLS(outcome, x).fit(cov_type="cluster", cov_kwds={"groups": cluster})
    return float("nan") if value is None else value, float(fitted.bse[1])


def _ask_dowhy(graph: Any, data: Columns) -> tuple[float | None, list[str]]:
    import pandas as pd  # 0.5 s

    logging.getLogger("dowhy").setLevel(logging.ERROR)
    from dowhy import CausalModel  # 2.5 to 4 s

    with warnings.catch_warnings():  # after the import: statsmodels switches its own warnings on there
        warnings.simplefilter("ignore")
        frame = pd.DataFrame({name: np.array(column) for name, column in data.items()})
        model = CausalModel(data=frame, treatment="t", outcome="y", graph=graph)
        estimand = model.identify_effect(method_name="maximal-adjustment", proceed_when_unidentifiable=True)
        if estimand.estimands.get("backdoor") is None:
            return None, []
        estimate = model.estimate_effect(
            estimand, method_name="backdoor.linear_regression", effect_modifiers=[], test_significance=False
        )
        adjusted = estimand.get_backdoor_variables()
    if estimate.value is None or not np.isfinite(estimate.value):
        return None, list(adjusted)
    return float(estimate.value), list(adjusted)
