"""Code versions: what counts as a change of code, found by reading source."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from causal_organism.assets.code_versions import PLATFORM, code_version, code_versions
from causal_organism.assets.definitions import DERIVED, SOURCE, Asset, AssetSpec, asset, source
from causal_organism.errors import GraphError

PACKAGE = {
    "pkg/__init__.py": "from .shapes import circle\n",
    "pkg/assets.py": """
from __future__ import annotations
import json
import math as maths
import pkg.deep.rates
import pkg.tables as tables
from . import names
from .deep import rounding as nearest
from pkg import circle
from pkg.clean import *

LIMIT = 10
LOOSE = 1
SCALE: float = LIMIT * 2
TABLE = {"a": LIMIT}
TABLE["b"] = names.first
if LIMIT > 5:
    MODE = "wide"
else:
    MODE = "narrow"
try:
    from fast import total
except ImportError:
    total = sum

class Box:
    \"\"\"A box.\"\"\"
    side: int = 2
    def area(self):
        return self.side * self.grown()
    @property
    def depth(self):
        return helper_of_box(self)
    def grown(self):
        return LOOSE + 1

class Bigger(Box):
    pass

def helper_of_box(box):
    return 1

def marked(function):
    return function

def main(rows, unrelated, limit: int = LIMIT, *, kind="k") -> dict:
    \"\"\"Totals of rows.\"\"\"
    from pkg.inner import counted
    import pkg.lazy as lazy
    found = [circle(row) for row in rows if row > limit]  # the big ones
    def inside(value):
        return value + SCALE
    best = max(found, key=lambda each: inside(each))
    return {"n": counted(found), "t": tables.total(best), "z": lazy.late(best), "b": Bigger().area(), "l": len(found),
            "r": pkg.deep.rates.rate(1), "c": cleaned(best), "m": nearest.up(1.5), "d": TABLE[kind], "w": MODE,
            "s": total(found), "p": maths.pi, "u": unrelated}

def unrelated(rows):
    return 1

def lonely(x):
    return x + LOOSE
""",
    "pkg/shapes.py": """
def circle(r):
    return area(r) * 2
def area(r):
    return r * r if r < 2 else circle(r - 1)
def square(r):
    return r
""",
    "pkg/tables.py": """
import os
def total(x):
    return x + os.getpid() * 0
def other(x):
    return x
""",
    "pkg/names.py": "first = 'one'\nsecond = 'two'\n",
    "pkg/clean.py": "def cleaned(x):\n    return x\ndef scrubbed(x):\n    return x\n",
    "pkg/inner.py": "from .names import second\ndef counted(x):\n    return len(x), second\n",
    "pkg/lazy.py": "def late(x):\n    return x\n",
    "pkg/deep/__init__.py": "",
    "pkg/deep/rates.py": "from ..shapes import square\ndef rate(x):\n    return square(x)\n",
    "pkg/deep/rounding.py": "from numba import njit\n@njit(cache=True)\ndef up(x):\n    return int(x) + 1\n",
    "fast.py": "def total(x):\n    return sum(x)\n",
}

SAME = {
    "a comment": ("pkg/assets.py", "  # the big ones", "  # those above the limit"),
    "a docstring": ("pkg/assets.py", '"""Totals of rows."""', '"""Sums."""'),
    "no docstring": ("pkg/assets.py", '    """Totals of rows."""\n', ""),
    "a class's docstring": ("pkg/assets.py", '    """A box."""\n', ""),
    "formatting": ("pkg/assets.py", "value + SCALE", "(\n            value\n            + SCALE\n        )"),
    "other quotes": ("pkg/assets.py", '"n": counted', "'n': counted"),
    "an empty line": ("pkg/shapes.py", "def area", "\n\n\ndef area"),
    "a decorator": ("pkg/assets.py", "def main(rows", "@marked\ndef main(rows"),
    "a decorator's arguments": ("pkg/deep/rounding.py", "cache=True", "cache=False"),
    "what a decorator does": ("pkg/assets.py", "return function", "return print and function"),
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
    "a builtin that is now a function": ("pkg/assets.py", "def marked", "def len(x): return 1\ndef marked"),
}


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Writes files into a new folder and imports something from there, as a new process would."""
    folders = count()
    before = set(sys.modules)

    def forget() -> None:
        for name in set(sys.modules) - before:
            if getattr(sys.modules[name], "__file__", None) is None or str(tmp_path) in str(sys.modules[name].__file__):
                del sys.modules[name]

    def load(files: dict[str, str], place: str) -> Any:
        root = tmp_path / f"root{next(folders)}"
        for name, text in files.items():
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        forget()
        module, _, name = place.partition(":")
        with monkeypatch.context() as patch:
            patch.syspath_prepend(root)
            found = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
        return found

    yield load
    forget()


def spec(compute: Any, *, update: Any = None, **more: Any) -> AssetSpec:
    return AssetSpec(key="k", kind=DERIVED, compute=compute, update=update, **more)


def version(function: Any) -> str:
    return code_version(spec(function), {})


def edited(files: dict[str, str], change: tuple[str, str, str]) -> dict[str, str]:
    name, old, new = change
    assert files[name].count(old) == 1, f"{old!r} is in {name} {files[name].count(old)} times"
    return {**files, name: files[name].replace(old, new)}


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
    ask = "from causal_organism.assets import code_versions as c, definitions as d; from pkg.assets import main; "
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


TOP = {
    "flow.py": "from helpers import f\nimport lib.more\ndef main(x):\n    return f(x) + lib.more.g(x)\n",
    "helpers.py": "import other\ndef f(x):\n    return other.h(x)\n",
    "other.py": "def h(x):\n    return x\ndef i(x):\n    return x\n",
    "lib/more.py": "def g(x):\n    return x\n",
}


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (("helpers.py", "other.h(x)", "other.h(x) + 1"), False),
        (("other.py", "def h(x):\n    return x", "def h(x):\n    return -x"), False),
        (("other.py", "def i(x):\n    return x", "def i(x):\n    return -x"), True),
        (("lib/more.py", "return x", "return -x"), False),
    ],
)
def test_module_outside_packages_owns_its_folder(
    load: Callable[..., Any], change: tuple[str, str, str], same: bool
) -> None:
    before, after = load(TOP, "flow:main"), load(edited(TOP, change), "flow:main")
    assert (version(before) == version(after)) is same


def test_package_in_the_same_folder_is_not_the_packages_own(load: Callable[..., Any]) -> None:
    files = {
        "a/__init__.py": "",
        "a/m.py": "from b import f\ndef main(x): return f(x)\n",
        "b.py": "def f(x): return 1\n",
    }
    changed = edited(files, ("b.py", "1", "2"))
    assert version(load(files, "a.m:main")) == version(load(changed, "a.m:main"))


def test_folders_without_init_are_packages_too(load: Callable[..., Any]) -> None:
    files = {"n/m.py": "from .sub.deep import f\ndef main(x): return f(x)\n", "n/sub/deep.py": "def f(x): return 1\n"}
    changed = edited(files, ("n/sub/deep.py", "1", "2"))
    assert version(load(files, "n.m:main")) != version(load(changed, "n.m:main"))


def test_a_module_handed_on_counts_whole(load: Callable[..., Any]) -> None:
    files = {"p/__init__.py": "", "p/m.py": "from p import t\ndef main(n): return getattr(t, n)\n", "p/t.py": "x = 1\n"}
    changed = edited(files, ("p/t.py", "x = 1", "x = 2"))
    assert version(load(files, "p.m:main")) != version(load(changed, "p.m:main"))


def test_swapped_names_are_a_change(load: Callable[..., Any]) -> None:
    files = {
        "p/__init__.py": "",
        "p/m.py": "from p.t import one as x, two as y\ndef main(): return x() - y()\n",
        "p/t.py": "def one(): return 1\ndef two(): return 2\n",
    }
    changed = edited(files, ("p/m.py", "one as x, two as y", "one as y, two as x"))
    assert version(load(files, "p.m:main")) != version(load(changed, "p.m:main"))


def test_names_in_comprehensions_and_classes_do_not_hide_globals(load: Callable[..., Any]) -> None:
    text = "x = 1\ny = 1\nz = 1\n" + (
        "def main():\n    class C:\n        y = 2\n        def f(self): return y\n"
        "    return [x for x in x], C().f(), [z for q in [0]]\n"
    )
    base = version(load({"p/m.py": text}, "p.m:main"))
    for name in "xyz":
        changed = text.replace(f"{name} = 1\n", f"{name} = 3\n", 1)
        assert version(load({"p/m.py": changed}, "p.m:main")) != base, name


def test_import_inside_hides_the_modules_own_name(load: Callable[..., Any]) -> None:
    files = {"p/m.py": "def f(): return 1\ndef main():\n    from p.t import f\n    return f()\n", "p/t.py": "f = 1\n"}
    base = version(load(files, "p.m:main"))
    assert version(load(edited(files, ("p/m.py", "return 1", "return 2")), "p.m:main")) == base
    assert version(load(edited(files, ("p/t.py", "1", "2")), "p.m:main")) != base


def test_global_that_a_function_sets_counts(load: Callable[..., Any]) -> None:
    text = "N = 1\ndef main():\n    global N\n    N = N + 1\n    return N\n"
    for body in (text, text.replace("N = N + 1", "N += 1").replace("    return N\n", "")):
        changed = body.replace("N = 1\n", "N = 2\n", 1)
        assert version(load({"p/m.py": body}, "p.m:main")) != version(load({"p/m.py": changed}, "p.m:main"))


def test_names_that_a_package_gives_lazily_count_by_how_it_finds_them(load: Callable[..., Any]) -> None:
    files = {
        "p/__init__.py": "def __getattr__(name):\n    return 1\n",
        "p/m.py": "def main():\n    from p import f\n    return f\n",
    }
    changed = edited(files, ("p/__init__.py", "1", "2"))
    assert version(load(files, "p.m:main")) != version(load(changed, "p.m:main"))


@pytest.mark.parametrize("annotation", ["t.Box", "'t.Box'", "dict[str, t.Box | None]"])
def test_methods_of_an_annotated_parameter_count(load: Callable[..., Any], annotation: str) -> None:
    files = {
        "p/m.py": f"from p import t\nimport typing\ndef main(box: {annotation}):\n    return box.area()\n",
        "p/t.py": "class Box:\n    side: 'Side'\n    def area(self): return self.side.size() ** 2\n"
        "class Side:\n    def size(self): return 1\nclass Other: pass\n",
    }
    base = version(load(files, "p.m:main"))
    for old, new in (("** 2", "** 3"), ("return 1", "return 2")):
        assert version(load(edited(files, ("p/t.py", old, new)), "p.m:main")) != base
    assert version(load(edited(files, ("p/t.py", "class Other: pass", "class Other: x = 1")), "p.m:main")) == base


def test_annotation_from_elsewhere_does_not_count(load: Callable[..., Any]) -> None:
    text = "import typing, pathlib\ndef main(x: {}): return x\n"
    found = {
        version(load({"p/m.py": text.format(each)}, "p.m:main")) for each in ("typing.Any", "pathlib.Path", "'(:'")
    }
    assert len(found) == 1


def test_keyword_defaults_belong_to_their_parameters(load: Callable[..., Any]) -> None:
    one, two = ("def main(*, a=1, b, **c): return {**c}\n", "def main(*, a, b=1, **c): return {**c}\n")
    assert version(load({"p/m.py": one}, "p.m:main")) != version(load({"p/m.py": two}, "p.m:main"))


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


FACTORY = """
factor = 5
def scaled(x): return x
def made(factor, table):
    sizes = [len(table)]
    def main(x): return scaled(x) * factor + sizes[0] + helper(x)
    def other(x): return 5
    return main
helper = scaled
main = made(2, "abc")
"""


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
    with pytest.raises(GraphError, match="'windw_days', which is no setting") as caught:
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


# ---------------------------------------------------------------- notes


def test_notes_change_no_version_and_save_parsing(
    load: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    function, notes = load(PACKAGE, "pkg.assets:main"), tmp_path / "cache" / "code.json"
    plain = version(function)
    assert code_versions((spec(function),), {}, notes=notes) == {"k": plain}
    monkeypatch.setattr("causal_organism.assets.code_reading._read_top", None)  # parsing now would crash
    assert code_versions((spec(function),), {}, notes=notes) == {"k": plain}


def test_notes_are_written_only_when_something_is_new(load: Callable[..., Any], tmp_path: Path) -> None:
    function, notes = load(PACKAGE, "pkg.assets:main"), tmp_path / "code.json"
    code_versions((spec(function),), {}, notes=notes)
    before = notes.stat().st_ino
    code_versions((spec(function),), {}, notes=notes)
    assert notes.stat().st_ino == before
    code_versions((spec(load({"p/m.py": FACTORY}, "p.m:main")),), {}, notes=notes)
    assert notes.stat().st_ino != before
    assert [each.name for each in tmp_path.glob("code.json*")] == ["code.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": "0", "files": {}}'])
def test_damaged_notes_are_as_good_as_none(load: Callable[..., Any], tmp_path: Path, content: str) -> None:
    function, notes = load(PACKAGE, "pkg.assets:main"), tmp_path / "code.json"
    notes.write_text(content)
    assert code_versions((spec(function),), {}, notes=notes) == {"k": version(function)}


def test_thirty_assets_are_quick_when_the_files_were_read_before(load: Callable[..., Any]) -> None:
    functions = [load(PACKAGE, "pkg.assets:main")] * 30
    specs = [AssetSpec(key=f"k{index}", kind=DERIVED, compute=each) for index, each in enumerate(functions)]
    code_versions(specs, {})
    began = time.process_time()
    code_versions(specs, {})
    assert time.process_time() - began < 0.05
