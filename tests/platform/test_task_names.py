"""Names of Prefect tasks that make several assets."""

from __future__ import annotations

from causal_organism.platform.task_names import are_named, name_of


def test_a_task_is_named_by_what_it_makes_as_far_as_that_can_be_read() -> None:
    assert name_of(("views/degree",)) == "views/degree"
    assert name_of(("views/degree", "views/reach")) == "views/degree, views/reach"
    many = tuple(f"views/number_{at:02}" for at in range(20))
    assert name_of(many) == f"{', '.join(many[:5])} and 15 more"
    assert name_of(("x" * 200, "y")) == f"{'x' * 200} and 1 more"


def test_what_tasks_have_made_is_read_from_their_names() -> None:
    assert are_named(("a", "b", "c"), ("network", "a, b", "c"))
    assert not are_named(("a", "b", "c"), ("network", "a, b"))
    many = [f"views/number_{at:02}" for at in range(20)]
    assert are_named(many, (name_of(many),))
    assert not are_named((*many, "last"), (name_of(many),))
    assert not are_named(("a",), ())
