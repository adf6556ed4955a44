"""Values that nobody can store, and some that only look like it: each raises something else when it is looked at."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa


class Raising:
    """Has no text, no length, and equals nothing: it raises."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no equal")

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        raise RuntimeError("no length")

    def __repr__(self) -> str:
        raise RuntimeError("no text")

    __str__ = __repr__


class Unreadable:
    """Does not even say of what class it is."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError("not here")


class LeavingDict(dict[str, Any]):
    """Ends the program when it is read."""

    def items(self) -> Any:
        sys.exit(7)

    values = items


class UnsaidError(Exception):
    """Has no text."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


class Gone(BaseException):
    """Neither an exception of programs nor an end of one."""


def raises(error: BaseException) -> Callable[[], Any]:
    def function() -> Any:
        raise error

    return function


def _itself() -> list[Any]:
    found: list[Any] = []
    found.append({"again": found})
    return found


def _deep() -> list[Any]:
    found: list[Any] = []
    for _ in range(100_000):
        found = [found]
    return found


async def _later() -> int:
    return 1


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns, index=[f"p{at}" for at in range(len(next(iter(columns.values()))))])


UNSTORABLE: dict[str, tuple[Callable[[], Any], str]] = {
    "a set": (lambda: {"a": {1, 2}}, "value['a'] is a set, which is not JSON; use a sorted list"),
    "a function": (lambda: [lambda: 1], "value[0] is a function, which is not JSON; return data, not code"),
    "an object that raises": (lambda: Raising(), "value is a Raising"),
    "an object that raises, inside": (lambda: {"a": [Raising()]}, "value['a'][0] is a Raising"),
    "what says nothing": (lambda: {"a": Unreadable()}, "RuntimeError: not here"),
    "a dict that leaves": (lambda: LeavingDict(a=1), "LeavingDict"),
    "what contains itself": (_itself, "nested more than 250 deep, or contains itself"),
    "what is deep": (_deep, "nested more than 250 deep"),
    "a huge number": (lambda: {"n": 10**5_000}, "value['n'] is a whole number of more than 4,300 digits; use text"),
    "a complex number": (lambda: [1j], "value[0] is a complex"),
    "a numpy complex": (lambda: [np.complex128(1j)], "value[0] is a complex128"),
    "a numpy moment": (lambda: [np.datetime64("2026-01-01T00:00:00.000000001")], "value[0] is a datetime64"),
    "a long double": (lambda: [np.longdouble(1)], "value[0] is a longdouble"),
    "bytes": (lambda: b"\x00\xff", "value is a bytes"),
    "a key that is not text": (lambda: {"a": {3: 1}}, "value['a'] has a key that is an int"),
    "a generator": (lambda: (each for each in "ab"), "value is a generator, which is not JSON; use list(…)"),
    "a coroutine": (
        lambda: {"n": _later()},
        "value['n'] is a coroutine, which is not JSON; run it with asyncio.run(…)",
    ),
    "an array alone": (lambda: np.zeros(2), "value is an ndarray"),
    "an array of objects": (lambda: {"a": np.array([1, Raising()], dtype=object)}, "the array a cannot be stored"),
    "arrays of two lengths": (lambda: {"a": np.zeros(2), "b": np.zeros(3)}, "not columns of one table"),
    "a name that no store takes": (lambda: {"a\x00": np.zeros(1)}, r"the column 'a\x00' has a name"),
    "half a character as a name": (lambda: frame(**{"\ud800": [1]}), "has a name that no store takes"),
    "mixed objects": (lambda: frame(v=[1, "x"]), "the column v cannot be stored"),
    "objects that raise": (lambda: frame(v=[Raising(), Raising()]), "the column v cannot be stored"),
    "half a character in a column": (lambda: frame(v=["\ud800"]), "the column v cannot be stored"),
    "an index of tuples": (lambda: pd.DataFrame({"v": [1, 2]}, index=_tuples()), "index"),
    "two columns of one name": (lambda: pd.DataFrame([[1, 2]], columns=["v", "v"]), "two columns are named v"),
    "two columns of one text": (lambda: pd.DataFrame([[1, 2]], columns=["1", 1]), "two columns are named 1"),
    "an index named by an object": (lambda: _named_by_a_set(), "the name of the index is a frozenset"),
    "an index named by half a character": (
        lambda: frame(v=[1]).rename_axis(index="\ud800"),
        "the name of the index is '\\ud800', which no store takes",
    ),
    "an Arrow table of two": (lambda: pa.table([[1], [2]], names=["v", "v"]), "two columns are named v"),
    "an Arrow index of lists": (lambda: pa.table({"id": [["a"]], "v": [1]}), "the index cannot be stored"),
    "Arrow moments of no calendar": (lambda: pa.table({"v": pa.array([2**62], pa.timestamp("s"))}), "the column v"),
    "a pandas index": (lambda: pd.Index(["a"]), "the value is a pandas Index"),
    "one that leaves": (raises(SystemExit(3)), "SystemExit: 3"),
    "one that was cancelled": (raises(asyncio.CancelledError()), "CancelledError"),
    "one that ends generators": (raises(GeneratorExit()), "GeneratorExit"),
    "one that raises what it likes": (raises(Gone("far")), "Gone: far"),
    "one whose error has no text": (raises(UnsaidError()), "UnsaidError, whose text cannot be read"),
    "one without memory": (raises(MemoryError("too much")), "MemoryError: too much"),
    "one without end": (raises(RecursionError("deep")), "RecursionError: deep"),
    "one of many words": (raises(ValueError("x" * 1_000_000)), "ValueError: xxx"),
}
"""Name -> (an asset's function, what its error says)."""

STORABLE: dict[str, Callable[[], Any]] = {
    "half a character": lambda: "\ud800",
    "NUL": lambda: {"a\x00b": "c\x00d"},
    "a mapping that is not a dict": lambda: MappingProxyType({"a": 1}),
    "a number of many digits": lambda: 10**4_000,
    "numpy numbers": lambda: {"n": np.int64(3), "x": np.float32(0.5), "b": np.bool_(True)},
    "an empty table": lambda: pd.DataFrame({"v": []}),
}


def _tuples() -> Any:
    return pd.Index([("a", 1), ("b", "x")], tupleize_cols=False)


def _named_by_a_set() -> pd.DataFrame:
    return pd.DataFrame({"v": [1]}, index=pd.Index(["a"], name=frozenset({1})))
