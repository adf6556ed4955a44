from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from causal_organism.causal.within import Effects, codes, effective_clusters, fit, without


@pytest.fixture(scope="module")
def unbalanced() -> Any:
    """40 persons of 8 teams in 12 weeks, a third of the rows missing."""
    rng = np.random.default_rng(3)
    person, week = (each.ravel() for each in np.indices((40, 12)))
    kept = rng.random(len(person)) < 0.66
    person, week = codes(person[kept]), codes(week[kept])
    team = person // 5
    x = rng.normal(size=(len(person), 3)) + person[:, None] * 0.1 + np.sin(week)[:, None]
    y = (
        x @ [1.0, -2.0, 0.5]
        + person * 0.3
        + week * 0.2
        + rng.normal(size=8)[team] * x[:, 0]
        + rng.normal(size=len(person))
    )
    return person, week, team, x, y


@pytest.fixture(scope="module")
def by_dummies(unbalanced: Any) -> Any:
    person, week, _, x, y = unbalanced
    design = np.column_stack([x, np.eye(40)[person], np.eye(12)[week][:, 1:]])
    return sm.OLS(y, design)


def fitted(unbalanced: Any) -> Any:
    person, week, team, x, y = unbalanced
    effects = Effects(person, week)
    return fit(effects.taken_out(x), effects.taken_out(y), team, persons=40, absorbed=effects.parameters)


def test_two_way_effects_are_taken_out_exactly_where_weeks_are_missing(unbalanced: Any, by_dummies: Any) -> None:
    np.testing.assert_allclose(fitted(unbalanced).coef, by_dummies.fit().params[:3], atol=1e-11)


def test_plain_standard_errors_are_those_with_dummies(unbalanced: Any, by_dummies: Any) -> None:
    found = fitted(unbalanced)
    np.testing.assert_allclose(np.sqrt(np.diag(found.cov_plain)), by_dummies.fit().bse[:3], rtol=1e-9)


def test_clustered_standard_errors_are_those_with_dummies_but_for_the_nested_persons(
    unbalanced: Any, by_dummies: Any
) -> None:
    _, _, team, _, y = unbalanced
    theirs = by_dummies.fit(cov_type="cluster", cov_kwds={"groups": team}).bse[:3]
    rows, all_parameters, ours = len(y), 3 + 40 + 11, 3 + 11 + 1
    np.testing.assert_allclose(
        [fitted(unbalanced).se(index) for index in range(3)],
        theirs * np.sqrt((rows - all_parameters) / (rows - ours)),
        rtol=1e-9,
    )


def test_a_constant_column_gets_no_coefficient(unbalanced: Any) -> None:
    person, week, team, x, y = unbalanced
    effects = Effects(person, week)
    padded = np.column_stack((x, person.astype(float)))
    found = fit(effects.taken_out(padded), effects.taken_out(y), team, persons=40, absorbed=effects.parameters)
    np.testing.assert_allclose(found.coef, [*fitted(unbalanced).coef, 0.0], atol=1e-9)


def test_without_leaves_what_the_others_do_not_explain(unbalanced: Any) -> None:
    *_, x, y = unbalanced
    left = without(y, x)
    np.testing.assert_allclose(x.T @ left, 0, atol=1e-9)


def test_clusters_count_by_their_size() -> None:
    assert effective_clusters(np.repeat(np.arange(6), 10)) == pytest.approx(6)
    assert effective_clusters(np.array([0] * 97 + [1, 2, 3])) < 1.1
