"""Parameters with a default: what they take, as a text and as JSON, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest

from causal_organism import asset
from causal_organism.assets.graph import graph_of
from causal_organism.assets.parameters.config import ConfigParameter
from causal_organism.errors import GraphError, RequestError


def parameter(function: Callable[..., Any]) -> ConfigParameter:
    (found,) = asset(key="x")(function).specs[0].config.values()
    return found


def whole(n: int = 3) -> None: ...
def number(n: float = 3.0) -> None: ...
def truth(n: bool = False) -> None: ...  # noqa: FBT002 - a run gives it by name
def text(n: str = "") -> None: ...
def maybe(n: int | None = None) -> None: ...
def numbers(n: list[int] = [1]) -> None: ...  # noqa: B006 - each call gets a copy
def table(n: dict[str, float] = {}) -> None: ...  # noqa: B006 - each call gets a copy
def one_of(n: Literal["day", "week"] = "day") -> None: ...
def untyped(n=3) -> None: ...  # type: ignore[no-untyped-def]
def anything(n=None) -> None: ...  # type: ignore[no-untyped-def]
def later(n: Unknown = 3) -> None: ...  # type: ignore[name-defined]  # noqa: F821


READ = [
    (whole, "10", 10), (whole, 10, 10), (number, "1e3", 1000.0), (number, 2, 2.0), (truth, "true", True),
    (truth, "False", False), (text, "10", "10"), (maybe, "none", None), (maybe, "7", 7), (numbers, "[1, 2]", [1, 2]),
    (table, '{"a": 1}', {"a": 1.0}), (one_of, "week", "week"), (untyped, "4", 4), (anything, "word", "word"),
    (anything, "[1]", [1]), (later, "4", 4),
]  # fmt: skip

REFUSED = [
    (whole, "x", "n is 'x', which is not int"), (whole, "2.5", "which is not int"), (whole, True, "n is true"),
    (whole, None, "n is null"), (number, "nan_", "which is not float"), (truth, "1", "which is not bool"),
    (text, 3, "which is not str"), (maybe, "x", "which is not int or None"), (numbers, '["a"]', "list[int]"),
    (numbers, "1", "list[int]"), (table, '{"a": "b"}', "dict[str, float]"), (one_of, "year", "not 'day' or 'week'"),
    (untyped, "x", "which is not int"), (later, "x", "which is not int"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "given", "value"), READ)
def test_a_value_is_read_by_the_type_of_its_parameter(function: Callable[..., Any], given: Any, value: Any) -> None:
    read = parameter(function).read(given)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(("function", "given", "told"), REFUSED)
def test_a_value_of_another_type_is_refused(function: Callable[..., Any], given: Any, told: str) -> None:
    with pytest.raises(RequestError) as caught:
        parameter(function).read(given)
    assert told in caught.value.message and caught.value.code == "bad-config"


def test_a_default_that_is_no_json_is_no_config() -> None:
    with pytest.raises(GraphError, match=r"parameter when has a default, so it is config of a run, and cannot be"):
        asset(key="x")(lambda when=print: when)


def test_a_parameter_with_a_default_that_reads_names_is_a_read() -> None:
    spec = asset(key="x", reads={"n": "raw/n"})(lambda n=None, limit=3: n).specs[0]
    assert (spec.reads, list(spec.config)) == ({"n": "raw/n"}, ["limit"])


def test_a_parameter_that_reads_nothing_is_told_how_to_be_config() -> None:
    with pytest.raises(GraphError) as caught:
        graph_of([asset(key="x")(lambda limit: limit)])
    assert (caught.value.hint or "").endswith("; if limit is config of a run, give it a default: limit=…")
