"""What is summed of cross-products is what regressions on the rows give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from causal_organism.causal.slopes.cross_products import Columns, Persons
from causal_organism.causal.within import Effects, codes


@pytest.fixture(scope="module")
def rows() -> Any:
    """(columns, person): two segments, two things held equal, two outcomes; persons have 2 to 9 rows in any order."""
    rng = np.random.default_rng(3)
    person = rng.permutation(np.repeat(np.arange(40), rng.integers(2, 10, 40)))
    inside = rng.random(len(person)) < 0.5
    t, w = rng.normal(size=len(person)), rng.normal(size=(len(person), 2))
    y = (0.5 * t + w.sum(axis=1))[:, None] + rng.normal(size=(len(person), 2))
    return np.column_stack((np.where(inside, t, 0), np.where(inside, 0, t), w, y)), person


WHAT = Columns(segments=("one", "two"), held=2, outcomes=2)


def least_squares(y: Any, *x: Any) -> Any:
    return np.linalg.lstsq(np.column_stack(x), y, rcond=None)[0][0]


def test_coefficients_of_everybody_and_of_segments_are_those_of_least_squares(rows: Any) -> None:
    columns, _ = rows
    products = columns.T @ columns
    one, two, held = columns[:, 0], columns[:, 1], columns[:, 2:4]
    for outcome in (0, 1):
        y = columns[:, 4 + outcome]
        assert WHAT.everybody(outcome).of(products) == pytest.approx(least_squares(y, one + two, held))
        asked = WHAT.of_segment("two", outcome)
        assert asked is not None
        assert asked.of(products) == pytest.approx(least_squares(y, two, one, held))
    assert WHAT.of_segment("three", 0) is None


def test_the_units_of_columns_do_not_matter(rows: Any) -> None:
    columns, _ = rows
    scaled = columns * np.array([1, 1, 1e9, 1e-9, 1, 1])
    assert WHAT.everybody(0).of(scaled.T @ scaled) == pytest.approx(WHAT.everybody(0).of(columns.T @ columns))


def test_products_of_some_people_are_sums_of_theirs(rows: Any) -> None:
    columns, person = rows
    by_person = Persons.of(person).products(columns)
    some = np.arange(40) % 3 == 0
    np.testing.assert_allclose(by_person[some].sum(axis=0), columns[some[person]].T @ columns[some[person]])


def test_everybodys_rows_are_shuffled_among_themselves(rows: Any) -> None:
    _, person = rows
    places = Persons.of(person).shuffled(np.random.default_rng(1))
    assert sorted(places.tolist()) == list(range(len(person)))
    np.testing.assert_array_equal(person[places], person)
    assert (places != np.arange(len(person))).mean() > 0.5


def test_what_cells_explain_is_what_is_lost_when_they_are_taken_out(rows: Any) -> None:
    columns, person = rows
    cell = codes(np.random.default_rng(2).integers(0, 7, len(person)))
    effects = Effects(person, cell)
    centred = effects.centred(columns)
    left = effects.taken_out(columns)
    np.testing.assert_allclose(effects.squares_of_cells(centred), (centred**2 - left**2).sum(axis=0))


def test_codes_are_those_of_sorting_every_value() -> None:
    values = np.array(["b", "b", "a", "c", "c", "a", "b"])
    assert codes(values).tolist() == np.unique(values, return_inverse=True)[1].tolist()
    assert codes(values[:0]).tolist() == []
