"""Code versions: what counts as a change of code, and what an author declares."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from causal_organism.assets.definitions import SOURCE, Asset, AssetSpec, asset, source
from causal_organism.engine.code.versions import PLATFORM, code_version, code_versions
from causal_organism.errors import GraphError
from tests.assets.packages import PACKAGE, edited, spec, version

SAME = {
    "a comment": ("pkg/assets.py", "  # the big ones", "  # those above the limit"),
    "a docstring": ("pkg/assets.py", '"""Totals of rows."""', '"""Sums."""'),
    "no docstring": ("pkg/assets.py", '    """Totals of rows."""\n', ""),
    "a class's docstring": ("pkg/assets.py", '    """A box."""\n', ""),
    "formatting": ("pkg/assets.py", "value + SCALE", "(\n            value\n            + SCALE\n        )"),
    "other quotes": ("pkg/assets.py", '"n": counted', "'n': counted"),
    "an empty line": ("pkg/shapes.py", "def area", "\n\n\ndef area"),
    "what a decorator that is not used does": ("pkg/assets.py", "return function", "return print and function"),
    "an annotation": ("pkg/assets.py", "limit: int = LIMIT", "limit: float = LIMIT"),
    "what it is said to return": ("pkg/assets.py", "-> dict:", "-> object:"),
    "a constant's annotation": ("pkg/assets.py", "SCALE: float =", "SCALE ="),
    "a function of the name of a parameter": ("pkg/assets.py", "return 1\n\ndef lonely", "return 2\n\ndef lonely"),
    "a function that is not called": ("pkg/assets.py", "return x + LOOSE", "return x - LOOSE"),
    "a function that is not called, elsewhere": ("pkg/tables.py", "def other(x):\n    return x", "def other(x): 1"),
    "a new function": ("pkg/names.py", "second", "def new(x): return x\nsecond"),
    "a constant that is not read": ("pkg/clean.py", "def scrubbed", "K = 2\ndef scrubbed"),
    "an import that is not used": ("pkg/tables.py", "import os\n", "import os\nimport sys\n"),
    "a module of another package": ("fast.py", "return sum(x)", "return sum(x) + 1"),
}


DIFFERENT = {
    "the body": ("pkg/assets.py", "row > limit", "row >= limit"),
    "an expression to a string": ("pkg/assets.py", "return value + SCALE", "return 'value + SCALE'"),
    "a default": ("pkg/assets.py", 'kind="k"', 'kind="a"'),
    "a parameter": ("pkg/assets.py", '*, kind="k"', 'kind="k"'),
    "a constant": ("pkg/assets.py", "LIMIT = 10", "LIMIT = 11"),
    "the type of a constant": ("pkg/assets.py", "LIMIT = 10", "LIMIT = 10.0"),
    "a constant behind a constant": ("pkg/names.py", "first = 'one'", "first = 'eins'"),
    "a change of a constant": ("pkg/assets.py", 'TABLE["b"] = names.first', 'TABLE["b"] = names.second'),
    "a change of a constant in a call": ("pkg/assets.py", "if LIMIT > 5", "TABLE.update(a=1)\nif LIMIT > 5"),
    "a constant under a condition": ("pkg/assets.py", 'MODE = "wide"', 'MODE = "vast"'),
    "a constant where an import failed": ("pkg/assets.py", "total = sum", "total = max"),
    "a helper in another module": ("pkg/tables.py", "os.getpid() * 0", "os.getpid() * 1"),
    "a helper given on by the package": ("pkg/shapes.py", "area(r) * 2", "area(r) * 3"),
    "a helper of a helper": ("pkg/shapes.py", "r < 2", "r < 3"),
    "a helper imported inside the function": ("pkg/inner.py", "len(x), second", "second, len(x)"),
    "a constant of a helper imported inside": ("pkg/names.py", "second = 'two'", "second = 'zwei'"),
    "a module imported inside the function": ("pkg/lazy.py", "return x", "return -x"),
    "a helper by its full name": ("pkg/deep/rates.py", "square(x)", "square(x) + 1"),
    "a helper of a relative import": ("pkg/shapes.py", "def square(r):\n    return r", "def square(r):\n    return -r"),
    "a helper of a star import": ("pkg/clean.py", "def cleaned(x):\n    return x", "def cleaned(x):\n    return 2"),
    "a helper under a compiling decorator": ("pkg/deep/rounding.py", "int(x) + 1", "int(x) + 2"),
    "a method": ("pkg/assets.py", "self.side * self.grown()", "self.side"),
    "what a method calls": ("pkg/assets.py", "def helper_of_box(box):\n    return 1", "def helper_of_box(box): 2"),
    "a field of a class": ("pkg/assets.py", "side: int = 2", "side: int = 3"),
    "a field's type": ("pkg/assets.py", "side: int = 2", "side: float = 2"),
    "what a method reads": ("pkg/assets.py", "LOOSE = 1", "LOOSE = 2"),
    "a base class": ("pkg/assets.py", "class Bigger(Box):", "class Bigger(dict):"),
    "a nested function": ("pkg/assets.py", "return value + SCALE", "return value - SCALE"),
    "a lambda": ("pkg/assets.py", "lambda each: inside(each)", "lambda each: each"),
    "where a helper comes from": ("pkg/assets.py", "from pkg import circle", "from pkg.shapes import square as circle"),
    "what another package gives": ("pkg/assets.py", "import math as maths", "import cmath as maths"),
    "a decorator": ("pkg/assets.py", "def main(rows", "@marked\ndef main(rows"),
    "a decorator's arguments": ("pkg/deep/rounding.py", "cache=True", "cache=False"),
    "a decorator of a method": ("pkg/assets.py", "@property", "@staticmethod"),
    "a builtin that is now a function": ("pkg/assets.py", "def marked", "def len(x): return 1\ndef marked"),
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_does_not_count(load: Callable[..., Any], change: tuple[str, str, str]) -> None:
    before, after = load(PACKAGE, "pkg.assets:main"), load(edited(PACKAGE, change), "pkg.assets:main")
    assert version(after) == version(before)


@pytest.mark.parametrize("change", DIFFERENT.values(), ids=DIFFERENT)
def test_counts(load: Callable[..., Any], change: tuple[str, str, str]) -> None:
    before, after = load(PACKAGE, "pkg.assets:main"), load(edited(PACKAGE, change), "pkg.assets:main")
    assert version(after) != version(before)


def test_version_is_short_and_does_not_depend_on_the_folder(load: Callable[..., Any]) -> None:
    versions = {version(load(PACKAGE, "pkg.assets:main")) for _ in range(2)}
    assert [len(each) for each in versions] == [16]
    assert int(versions.pop(), 16) >= 0


def test_version_is_the_same_in_every_process(load: Callable[..., Any], tmp_path: Path) -> None:
    expected = version(load(PACKAGE, "pkg.assets:main"))
    ask = "from causal_organism.assets import definitions as d; from causal_organism.engine.code import versions as c; "
    ask += "from pkg.assets import main; "
    ask += "print(c.code_version(d.AssetSpec(key='k', kind='derived', compute=main), {}))"
    for seed in "12":
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(next(tmp_path.glob("root*")))}
        done = subprocess.run([sys.executable, "-c", ask], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == expected


def test_an_edit_counts_without_importing_again(load: Callable[..., Any]) -> None:
    function = load(PACKAGE, "pkg.assets:main")
    before = version(function)
    file = Path(sys.modules["pkg.shapes"].__file__ or "")
    file.write_text(PACKAGE["pkg/shapes.py"].replace("r < 2", "r < 3"))  # as long as before, in the same moment
    assert version(function) != before
    file.write_text(PACKAGE["pkg/shapes.py"])
    assert version(function) == before


def test_modules_that_are_read_are_not_imported(load: Callable[..., Any]) -> None:
    version(load(PACKAGE, "pkg.assets:main"))
    assert not {"pkg.inner", "pkg.lazy"} & set(sys.modules)


def test_broken_helper_counts_by_its_content(load: Callable[..., Any]) -> None:
    files = {"p/m.py": "def main():\n    from p.t import f\n    return f()\n", "p/t.py": "def f(:"}
    changed = edited(files, ("p/t.py", "(:", "((:"))
    assert version(load(files, "p.m:main")) != version(load(changed, "p.m:main"))


def test_incremental_form_counts() -> None:
    def full(x: int) -> int:
        return x

    def step(x: int) -> int:
        return x + 1

    assert (
        len({version(full), code_version(spec(full, update=step), {}), code_version(spec(step, update=full), {})}) == 3
    )


def test_checks_do_not_count() -> None:
    made: Asset = asset(key="k")(lambda: 1)
    before = code_version(made.specs[0], {})
    made.check(lambda value, previous: value > 0)
    assert code_version(made.specs[0], {}) == before


def test_declared_version_is_given_back_with_its_settings_mixed_in() -> None:
    declared = spec(len, code_version="3")
    assert code_version(declared, {"window_days": 7}) == "3"
    windowed = spec(len, code_version="3", settings=("window_days",))
    versions = {code_version(windowed, {"window_days": days, "other": days}) for days in (7, 8, 7)}
    assert len(versions) == 2
    assert all(each.startswith("3+") and len(each) == 18 for each in versions)


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1, "c": 9}, True),
        ({"a": 1, "b": 2}, {"a": 2, "b": 1}, False),
        ({"a": 1, "b": None}, {"a": 1, "b": "None"}, False),
        ({"a": Path("x"), "b": 2}, {"a": Path("y"), "b": 2}, False),
    ],
)
def test_values_of_declared_settings_count(one: dict[str, object], two: dict[str, object], same: bool) -> None:
    derived = spec(test_checks_do_not_count, settings=("a", "b"))
    assert (code_version(derived, one) == code_version(derived, two)) is same


def test_setting_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(GraphError, match="'windw_days', which is not a setting") as caught:
        code_version(spec(len, settings=("windw_days",)), {"window_days": 7})
    assert "window_days" in (caught.value.hint or "")


def test_source_of_the_platform_has_a_constant_version() -> None:
    assert code_version(AssetSpec(key="network", kind=SOURCE), {}) == PLATFORM


def test_declared_asset_is_compared_by_its_function(load: Callable[..., Any]) -> None:
    text = "from causal_organism.assets.definitions import asset\n@asset(tags={'a': '1'})\ndef main(r): return r\n"
    one: Asset = load({"m.py": text}, "m:main")
    two: Asset = load({"m.py": text.replace("'1'", "'2'")}, "m:main")
    three: Asset = load({"m.py": text.replace("return r", "return [r]")}, "m:main")
    versions = [code_version(each.specs[0], {}) for each in (one, two, three)]
    assert [each == versions[0] for each in versions] == [True, True, False]


def test_outputs_of_one_function_share_its_version() -> None:
    both: Asset = source(outputs=("a", "b"))(lambda: {"a": 1, "b": 2})
    found = code_versions(both.specs, {})
    assert found["a"] == found["b"]
