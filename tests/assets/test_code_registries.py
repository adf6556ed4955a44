"""What an author's own decorators put into a container that an asset reads is a part of its code version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.assets.packages import version

SHOP = {
    "reg/__init__.py": "from reg import rules, kinds, more\n",
    "reg/registry.py": """
RULES = {}
STEPS = []

def rule(name):
    def add(function):
        RULES[name] = function
        return function
    return add

def step(function):
    STEPS.append((1, function))
    return function

class Kinds:
    def __init__(self): self.known = {}
    def add(self, kind):
        self.known[kind.__name__] = kind
        return kind

KINDS = Kinds()
""",
    "reg/rules.py": """
from reg.registry import rule, step
RATE = 2

@rule("bulk")
def bulk(row): return RATE * row

def aside(row): return 1

@step
def first(row): return row + 1
""",
    "reg/kinds.py": """
from reg.registry import KINDS

@KINDS.add
class Gold:
    def price(self, row): return row * 3
""",
    "reg/more.py": "from functools import partial\nfrom reg.registry import RULES\nfrom reg.rules import aside\n",
    "reg/assets.py": """
from reg.registry import KINDS, RULES, STEPS, rule

def total(rows): return sum(RULES[each](1) for each in rows)

def steps(rows): return [each(1) for _, each in STEPS]

def priced(rows): return [KINDS.known[each]().price(1) for each in rows]

def apart(rows): return rows

@rule("itself")
def registered(rows): return rows

ASSETS = (total, steps, priced, apart, registered)
""",
}
NAMES = ("total", "steps", "priced", "apart", "registered")
EDITS: dict[str, tuple[str, str, str, set[str]]] = {
    "a body": ("reg/rules.py", "return RATE * row", "return row", {"total"}),
    "a constant behind it": ("reg/rules.py", "RATE = 2", "RATE = 3", {"total"}),
    "another name of it": ("reg/rules.py", 'rule("bulk")', 'rule("heavy")', {"total"}),
    "one more": ("reg/rules.py", "\ndef aside", '\n@rule("aside")\ndef aside', {"total"}),
    "one less": ("reg/rules.py", '@rule("bulk")', "", {"total"}),
    "one by a call": ("reg/more.py", "import aside\n", "import aside\nRULES['x'] = partial(aside, 1)\n", {"total"}),
    "in a list of pairs": ("reg/rules.py", "return row + 1", "return row + 2", {"steps"}),
    "a class in an object": ("reg/kinds.py", "row * 3", "row * 4", {"priced"}),
    "what is not in it": ("reg/rules.py", "def aside(row): return 1", "def aside(row): return 2", set()),
    "a comment": ("reg/rules.py", "RATE = 2", "RATE = 2  # per cent", set()),
    "order of imports": ("reg/__init__.py", "rules, kinds, more", "kinds, more, rules", set()),
    "one that is an asset itself": (
        "reg/assets.py", "def registered(rows): return rows", "def registered(rows): return 1", {"total", "registered"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_what_a_registry_holds_counts_for_what_reads_it(load: Callable[..., Any], name: str) -> None:
    file, old, new, expected = EDITS[name]
    assert old in SHOP[file]
    before = [version(each) for each in load(SHOP, "reg.assets:ASSETS")]
    after = [version(each) for each in load({**SHOP, file: SHOP[file].replace(old, new)}, "reg.assets:ASSETS")]
    assert {each for each, was, now in zip(NAMES, before, after, strict=True) if was != now} == expected


def test_the_same_code_has_the_same_version_whatever_else_was_loaded(load: Callable[..., Any]) -> None:
    before = [version(each) for each in load(SHOP, "reg.assets:ASSETS")]
    assert [version(each) for each in load(SHOP, "reg.assets:ASSETS")] == before
