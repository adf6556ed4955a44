"""Code versions: which names lead to code of the package itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.assets.packages import TOP, edited, version


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
