"""Packages whose code is compared, edit by edit."""

from __future__ import annotations

from typing import Any

from causal_organism.assets.definitions import DERIVED, AssetSpec
from causal_organism.engine.code.versions import code_version

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

TOP = {
    "flow.py": "from helpers import f\nimport lib.more\ndef main(x):\n    return f(x) + lib.more.g(x)\n",
    "helpers.py": "import other\ndef f(x):\n    return other.h(x)\n",
    "other.py": "def h(x):\n    return x\ndef i(x):\n    return x\n",
    "lib/more.py": "def g(x):\n    return x\n",
}

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


def spec(compute: Any, *, update: Any = None, **more: Any) -> AssetSpec:
    return AssetSpec(key="k", kind=DERIVED, compute=compute, update=update, **more)


def version(function: Any) -> str:
    return code_version(spec(function), {})


def edited(files: dict[str, str], change: tuple[str, str, str]) -> dict[str, str]:
    name, old, new = change
    assert files[name].count(old) == 1, f"{old!r} is in {name} {files[name].count(old)} times"
    return {**files, name: files[name].replace(old, new)}
