"""Code versions: where a function stands and what it is called does not count, what decorates it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from causal_organism.assets.code_parts import differing_parts
from causal_organism.assets.definitions import Asset
from causal_organism.engine.code.versions import code_version, read_code
from tests.assets.packages import version

HERE = {
    "p/__init__.py": "",
    "p/m.py": "import math\nfrom p.one import helper, Box\nRATE = 2\n"
    "def main(x):\n    return helper(x) + Box().side(x) + RATE + math.pi\n",
    "p/one.py": "LIMIT = 3\ndef helper(x):\n    return helper(x - 1) if x else deeper(LIMIT)\n"
    "def deeper(x):\n    return x\nclass Box:\n    def side(self, x):\n        return deeper(x)\n",
}


def changed(**files: tuple[tuple[str, str], ...]) -> dict[str, str]:
    found = dict(HERE)
    for name, edits in files.items():
        for old, new in edits:
            assert old in found[f"p/{name}.py"]
            found[f"p/{name}.py"] = found[f"p/{name}.py"].replace(old, new)
    return found


SAME = {
    "the module is renamed": ({**changed(m=(("p.one", "p.two"),)), "p/two.py": HERE["p/one.py"]}, "p.m:main"),
    "the module moves": ({**HERE, "p/deep/n.py": HERE["p/m.py"]}, "p.deep.n:main"),
    "the package is renamed": ({name.replace("p/", "q/"): text.replace("p.", "q.") for name, text in HERE.items()},
                               "q.m:main"),
    "all in one module": ({"p/m.py": HERE["p/one.py"] + HERE["p/m.py"].replace("from p.one import helper, Box\n", "")},
                          "p.m:main"),
    "the function is renamed": (changed(m=(("def main", "def total"),)), "p.m:total"),
    "a helper is renamed": (changed(m=(("helper", "aid"),), one=(("helper", "aid"),)), "p.m:main"),
    "a helper of a helper is renamed": (changed(one=(("deeper", "aid"),)), "p.m:main"),
    "a constant is renamed": (changed(m=(("RATE", "FACTOR"),), one=(("LIMIT", "MOST"),)), "p.m:main"),
    "a class is renamed": (changed(m=(("Box", "Case"),), one=(("Box", "Case"),)), "p.m:main"),
    "a helper is imported otherwise": (changed(m=(("from p.one import helper, Box", "from p import one"),
                                                  ("helper(", "one.helper("), ("Box(", "one.Box("))), "p.m:main"),
    "a helper is imported where it is used": (
        changed(m=(("from p.one import helper, Box\n", ""), ("(x):\n", "(x):\n    from p.one import helper, Box\n"))),
        "p.m:main"),
    "another package is imported otherwise": (changed(m=(("import math", "from math import pi"), ("math.pi", "pi"))),
                                              "p.m:main"),
}  # fmt: skip


@pytest.mark.parametrize(("files", "function"), SAME.values(), ids=SAME)
def test_moved_and_renamed_code_keeps_its_version(
    load: Callable[..., Any], files: dict[str, str], function: str
) -> None:
    assert version(load(files, function)) == version(load(HERE, "p.m:main"))


@pytest.mark.parametrize(
    "files",
    [
        changed(one=(("return x\n", "return -x\n"),)),
        changed(m=(("helper(x) +", "Box(x) +"),)),
        changed(m=(("helper, Box", "deeper as helper, Box"),)),
        changed(m=(("math.pi", "math.e"),)),
        changed(m=(("import math", "import cmath as math"),)),
        changed(one=(("helper(x - 1)", "deeper(x - 1)"),)),
        changed(one=(("def side", "def area"),), m=(("side", "area"),)),  # a method is found by its name
    ],
)
def test_code_that_does_another_thing_has_another_version(load: Callable[..., Any], files: dict[str, str]) -> None:
    assert version(load(files, "p.m:main")) != version(load(HERE, "p.m:main"))


DECORATED = """
import functools
from causal_organism import asset as declared
TIMES = 1
def times(n):
    def wrap(function):
        @functools.wraps(function)
        def inner(*args, **kwargs):
            return function(*args, **kwargs) * n * power(TIMES)
        return inner
    return wrap
def power(n):
    return n ** 2
def described(**more):
    return declared(**more)
@times(2)
def base():
    return 5
@declared(key="total", tags={"tier": "gold"})
@times(1)
def total():
    return base()
@total.update
@times(1)
def _(previous):
    return previous
"""


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("@times(2)", "@times(3)", False),
        ("@times(2)", "", False),
        ('@declared(key="total", tags={"tier": "gold"})\n@times(1)', '@declared(key="total")\n@times(4)', False),
        ("@total.update\n@times(1)", "@total.update\n@times(4)", False),
        ("* n * power", "+ n * power", False),
        ("n ** 2", "n ** 3", False),
        ("TIMES = 1", "TIMES = 4", False),
        ("@functools.wraps(function)", "@functools.wraps(function, updated=())", False),
        ('tags={"tier": "gold"}', 'tags={"tier": "silver"}', True),
        ('"gold"}', '"gold"}, owners=("ana@example.org",)', True),
        ("times", "multiplied", True),
    ],
)
def test_decorators_of_the_author_count_and_those_of_the_library_do_not(
    load: Callable[..., Any], old: str, new: str, same: bool
) -> None:
    before: Asset = load({"m.py": DECORATED}, "m:total")
    after: Asset = load({"m.py": DECORATED.replace(old, new)}, "m:total")
    assert old in DECORATED
    assert (code_version(before.specs[0], {}) == code_version(after.specs[0], {})) is same


def test_the_decorator_that_was_edited_is_named(load: Callable[..., Any]) -> None:
    versions = [
        read_code(load({"m.py": text}, "m:total").specs, {})["total"].parts
        for text in (DECORATED, DECORATED.replace("@times(2)", "@times(3)"))
    ]
    assert differing_parts(*versions) == ("m.base: decorators",)
