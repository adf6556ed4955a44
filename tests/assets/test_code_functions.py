"""Code versions of functions that are told apart, made by others, wrapped, or have no source."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from tests.assets.packages import FACTORY, TOP, edited, version

MANY = """
def keep(function):
    KEPT.append(function)
    return function
KEPT = []
@keep
def _(x): return 1
@keep
def _(x): return 2
keep(lambda x: 3)
class Models:
    rate = 2
    def fit(self): return self.rate
    def other(self): return 0
"""


@pytest.mark.parametrize(
    ("index", "old", "new"), [(0, "return 1", "return 9"), (1, "return 2", "return 9"), (2, "3", "9")]
)
def test_functions_of_one_name_are_told_apart(load: Callable[..., Any], index: int, old: str, new: str) -> None:
    before = [version(each) for each in load({"p/m.py": MANY}, "p.m:KEPT")]
    after = [version(each) for each in load({"p/m.py": MANY.replace(old, new)}, "p.m:KEPT")]
    assert [was == now for was, now in zip(before, after, strict=True)] == [each != index for each in range(3)]


def test_functions_of_one_name_are_told_apart_when_lines_moved(load: Callable[..., Any]) -> None:
    text = MANY.replace("@keep", "\n\n@keep").replace("keep(lambda", "\n\nkeep(lambda")
    functions = load({"p/m.py": text}, "p.m:KEPT")
    before = [version(each) for each in functions]
    Path(sys.modules["p.m"].__file__ or "").write_text(f"# moved\n{text}")
    assert [version(each) for each in functions] == before


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("made(2,", "made(3,", False),
        ("def scaled(x): return x", "def scaled(x): return -x", False),
        ("[len(table)]", "[1 + len(table)]", False),
        ("* factor", "- factor", False),
        ("factor = 5", "factor = 6", True),
        ("made(factor, table)", "made(factor, table):  # twice\n    'Makes one.'\nif 0", None),
    ],
)
def test_function_made_by_a_function(load: Callable[..., Any], old: str, new: str, same: bool | None) -> None:
    if same is None:
        new, same = "made(factor, table):\n    'Makes one.'", True
        old = "made(factor, table):"
    before, after = (load({"p/m.py": text}, "p.m:main") for text in (FACTORY, FACTORY.replace(old, new)))
    assert (version(before) == version(after)) is same


def test_functions_given_to_a_factory_count_if_they_are_the_packages_own(load: Callable[..., Any]) -> None:
    files = {
        "p/m.py": "from p.sub.h import f\nimport other\ndef made(f, g):\n    return lambda x: f(x) + g(x)\n"
        "main = made(f, other.g)\n",
        "p/sub/h.py": "def f(x): return 1\n",
        "other.py": "def g(x): return 2\n",
    }
    base = version(load(files, "p.m:main"))
    assert version(load(edited(files, ("p/sub/h.py", "1", "3")), "p.m:main")) != base
    assert version(load(edited(files, ("other.py", "2", "3")), "p.m:main")) == base


def test_function_under_a_wrapping_decorator_counts(load: Callable[..., Any]) -> None:
    files = {
        "deco.py": "import functools\ndef twice(f):\n    @functools.wraps(f)\n"
        "    def g(x): return f(f(x))\n    return g\n",
        "p/m.py": "from deco import twice\n@twice\ndef main(x): return x + 1\n",
    }
    base = version(load(files, "p.m:main"))
    assert version(load(edited(files, ("p/m.py", "x + 1", "x + 2")), "p.m:main")) != base
    assert version(load(edited(files, ("deco.py", "f(f(x))", "f(x)")), "p.m:main")) == base


def typed(text: str, name: str = "main") -> FunctionType:
    """A function as typed at a prompt: no file has its source."""
    around: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(text, "<stdin>", "exec"), around)
    found: FunctionType = around[name]
    return found


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("# why", "# because", True),
        ("x + 1", "(x  +  1)", True),
        ('"""Doc."""', '"""Docs."""', True),
        ("x + 1", "x + 2", False),
        ("K = 1", "K = 2", False),
        ("return y", "return -y", False),
        ("{1, 2}", "{1, 3}", False),
    ],
)
def test_without_source_the_bytecode_counts(old: str, new: str, same: bool) -> None:
    text = 'K = 1\ndef help(y):\n    return y\ndef main(x):\n    """Doc."""\n'
    text += "    return x + 1, K, help(x), x in {1, 2}  # why\n"
    assert old in text
    assert (version(typed(text)) == version(typed(text.replace(old, new)))) is same


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("@times(2)", "@times(3)", False),
        ("* n", "+ n", False),
        ("# why", "# because", True),
        ("@cache", "", True),  # a library's
        ("x + 1", "x + 2", False),
    ],
)
def test_without_source_decorators_of_the_author_count_by_what_they_made(old: str, new: str, same: bool) -> None:
    text = (
        "from functools import cache, wraps\ndef times(n):\n    def wrap(f):\n        @wraps(f)\n"
        "        def inner(*a):\n            return f(*a) * n  # why\n        return inner\n    return wrap\n"
        "@cache\n@times(2)\ndef base(x):\n    return x + 1\n@times(2)\ndef main(x):\n    return base(x)\n"
    )
    assert old in text
    assert (version(typed(text)) == version(typed(text.replace(old, new)))) is same
    assert version(typed(text, "times")) != version(typed(text))


def test_without_source_what_a_librarys_decorator_was_given_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "adding.py").write_text(
        "import functools\ndef plus(n):\n    def wrap(f):\n        @functools.wraps(f)\n"
        "        def g(x): return f(x) + n\n        return g\n    return wrap\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    texts = [f"from adding import plus\n@plus({n})\ndef main(x): return x\n" for n in (1, 1, 2)]
    one, again, two = (version(typed(text)) for text in texts)
    assert (one == again, one == two) == (True, False)


def test_script_has_the_version_that_it_has_when_imported(load: Callable[..., Any], tmp_path: Path) -> None:
    imported = version(load(TOP, "flow:main"))
    file = next(tmp_path.glob("root*")) / "flow.py"
    around: dict[str, Any] = {"__name__": "__main__"}
    sys.path.insert(0, str(file.parent))
    try:
        exec(compile(file.read_text(), str(file), "exec"), around)
    finally:
        sys.path.remove(str(file.parent))
    assert version(around["main"]) == imported


FORMS = """
import functools
@functools.singledispatch
def size(value): return 0
@size.register
def _(value: int): return 1
@size.register(str)
def of_text(value): return 2
def other(value): return 3
def main(rows): return size(rows)
"""


@pytest.mark.parametrize(
    ("old", "same"), [("return 0", False), ("return 1", False), ("return 2", False), ("return 3", True)]
)
def test_every_form_of_a_dispatched_function_counts(load: Callable[..., Any], old: str, same: bool) -> None:
    before = version(load({"p/m.py": FORMS}, "p.m:main"))
    after = version(load({"p/m.py": FORMS.replace(old, "return 9")}, "p.m:main"))
    assert (before == after) is same


CALLED = """
import functools
def times(number):
    def wrap(function):
        @functools.wraps(function)
        def inner(*args): return function(*args) * number
        return inner
    return wrap
def bare(rows): return 1
main = times(2)(bare)
"""


@pytest.mark.parametrize("change", [("times(2)", "times(3)"), ("* number", "+ number"), ("return 1", "return 9")])
def test_a_decorator_that_is_called_counts_as_one_above_the_function(
    load: Callable[..., Any], change: tuple[str, str]
) -> None:
    before, after = load({"p/m.py": CALLED}, "p.m:main"), load({"p/m.py": CALLED.replace(*change)}, "p.m:main")
    assert version(before) != version(after)
