"""Which parts of an asset's code differ from those of an older version, in words."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from causal_organism.assets.code_parts import COMPARISON, differing_parts
from causal_organism.assets.definitions import Asset
from causal_organism.engine.code.versions import CodeVersion, read_code
from causal_organism.engine.history.listing import assets_document
from causal_organism.engine.snapshot import load_snapshot
from causal_organism.wording.causes import cause_text
from tests.assets.packages import FACTORY, PACKAGE, edited, spec
from tests.engine.organisms import memory_organism, refreshed, with_graph


def code_of(function: Any, settings: dict[str, Any] | None = None, **more: Any) -> CodeVersion:
    return read_code([spec(function, settings=tuple(settings or ()), **more)], settings or {})["k"]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("pkg/assets.py", "LIMIT = 10", "LIMIT = 11"), ("assets.LIMIT: value",)),
        (("pkg/deep/rates.py", "return square(x)", "return square(x) + 1"), ("rates.rate: body",)),
        (("pkg/clean.py", "def cleaned(x):\n    return x", "def cleaned(x):\n    return -x"), ("clean.cleaned: body",)),
        (("pkg/clean.py", "def scrubbed(x):\n    return x", "def scrubbed(x):\n    return -x"), ()),
    ],
)
def test_the_function_or_constant_that_differs_is_named(
    load: Callable[..., Any], change: tuple[str, str, str], what: tuple[str, ...]
) -> None:
    was = code_of(load(PACKAGE, "pkg.assets:main"))
    now = code_of(load(edited(PACKAGE, change), "pkg.assets:main"))
    assert (differing_parts(was.parts, now.parts), was.version == now.version) == (what, not what)


def test_what_is_new_or_gone_or_leads_elsewhere_is_named(load: Callable[..., Any]) -> None:
    files = {
        "p/__init__.py": "",
        "p/one.py": "def helper(x):\n    return x\n",
        "p/two.py": "def helper(x):\n    return -x\n",
        "p/m.py": "from p.one import helper\ndef main(x):\n    return helper(x)\n",
    }
    was = code_of(load(files, "p.m:main"))
    now = code_of(load(edited(files, ("p/m.py", "p.one", "p.two")), "p.m:main"))
    assert differing_parts(was.parts, now.parts) == ("one.helper: gone", "two.helper: new")


def test_a_name_that_leads_elsewhere_is_named(load: Callable[..., Any]) -> None:
    was = code_of(load(PACKAGE, "pkg.assets:main"))
    changed = edited(PACKAGE, ("pkg/assets.py", "import math as maths", "import cmath as maths"))
    now = code_of(load(changed, "pkg.assets:main"))
    assert differing_parts(was.parts, now.parts) == ("assets.main: names",)


def test_a_file_is_named_and_its_content_counts(load: Callable[..., Any], tmp_path: Path) -> None:
    text = "from causal_organism import asset\n@asset(files=('data/rates.csv',))\ndef main():\n    return 1\n"
    one: Asset = load({"m.py": text, "data/rates.csv": "1,2\n"}, "m:main")
    before = read_code(one.specs, {})["main"]
    file = Path(sys.modules["m"].__file__ or "").with_name("data") / "rates.csv"
    for content, what in (("1,3\n", "content"), (None, "gone")):
        file.unlink() if content is None else file.write_text(content)
        now = read_code(one.specs, {})["main"]
        assert differing_parts(before.parts, now.parts) == (f"file data/rates.csv: {what}",)
        assert now.version != before.version
    file.write_text("1,2\n")
    assert read_code(one.specs, {})["main"] == before


def test_a_file_counts_beside_a_declared_version(load: Callable[..., Any]) -> None:
    text = "from causal_organism import asset\n@asset(code_version='3', files=('r.csv',))\ndef main(): return 1\n"
    one, two = (read_code(load({"m.py": text, "r.csv": each}, "m:main").specs, {})["main"] for each in "12")
    assert one.version[:2] == two.version[:2] == "3+"
    assert differing_parts(one.parts, two.parts) == ("file r.csv: content",)


def test_an_asset_whose_file_is_not_there_fails_alone_and_says_so(load: Callable[..., Any]) -> None:
    text = "from causal_organism import asset\n@asset(files=('r.csv',))\ndef main(): return 1\n"
    organism = memory_organism([load({"m.py": text + "@asset\ndef other(): return 2\n"}, f"m:{name}")
                                for name in ("main", "other")])  # fmt: skip
    assert refreshed(organism) == [("main", "failed"), ("other", "made")]
    attempt = load_snapshot(organism).attempt("main")
    assert attempt is not None
    assert "'r.csv'" in (attempt.error or "")
    assert "No such file" in (attempt.error or "")


def test_a_value_bound_around_a_function_and_a_setting_are_named(load: Callable[..., Any]) -> None:
    was = code_of(load({"p/m.py": FACTORY}, "p.m:main"), {"days": 7})
    now = code_of(load({"p/m.py": FACTORY.replace("made(2,", "made(3,")}, "p.m:main"), {"days": 8})
    assert differing_parts(was.parts, now.parts) == ("m.made.<locals>.main.factor: value", "setting days: value")


def test_a_declared_version_is_said_as_it_is(load: Callable[..., Any]) -> None:
    main = load(PACKAGE, "pkg.assets:main")
    was, now = code_of(main, code_version="1"), code_of(main, {"days": 7}, code_version="2")
    assert differing_parts(was.parts, now.parts) == ("declared version: 1 -> 2", "setting days: new")


def test_where_the_parts_of_a_version_were_not_recorded_nothing_is_guessed(load: Callable[..., Any]) -> None:
    assert differing_parts({}, code_of(load(PACKAGE, "pkg.assets:main")).parts) == ()


def test_not_more_is_told_than_anybody_reads() -> None:
    was = {f"p.old:f{at:03}": {"body": "1"} for at in range(300)}
    now = {f"p.new:f{at:03}": {"body": "2"} for at in range(300)}
    found = differing_parts(was, now)
    assert (len(found), found[-1]) == (51, "and 550 more")


def test_what_moved_and_is_else_the_same_is_not_told() -> None:
    was = {**{f"p.old:f{at:03}": {"body": str(at)} for at in range(300)}, "p.m:g": {"body": "x"}}
    now = {**{f"p.new:f{at:03}": {"body": str(at)} for at in range(300)}, "p.m:g": {"body": "y"}}
    assert differing_parts(was, now) == ("m.g: body",)


def test_a_release_that_compares_code_otherwise_is_what_is_told(load: Callable[..., Any]) -> None:
    now = code_of(load(PACKAGE, "pkg.assets:main")).parts
    earlier = {subject: {"body": "1"} for subject in now if subject != COMPARISON}
    assert differing_parts(earlier, now) == (COMPARISON,)


def test_a_plan_names_the_function_that_was_edited_since_the_head_was_made(load: Callable[..., Any]) -> None:
    text = "from causal_organism import asset\ndef helper():\n    return 1\n@asset\ndef total():\n    return helper()\n"
    organism = memory_organism([load({"mine.py": text}, "mine:total")])
    assert refreshed(organism) == [("total", "made")]
    edited_since = with_graph(organism, [load({"mine.py": text.replace("return 1", "return 2")}, "mine:total")])
    (row,) = assets_document(edited_since)["assets"]
    (cause,) = row["causes"]
    assert (cause["kind"], cause["what"]) == ("code-changed", ["mine.helper: body"])
    assert cause_text(cause) == "code changed: mine.helper: body"
    assert refreshed(edited_since) == [("total", "made")]
