"""The picture of the layers, drawn from the import contracts: `python -m tests.architecture.picture` writes it anew."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- layers -->\n```\n", "```\n<!-- end of layers -->"
_NAME, _ROOM = 14, 18


def picture() -> str:
    """A line per package, the highest layer first, each with the first line of its docstring and its rooms."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["type"] == "layers")
    lines = [_line(ROOT / "tui", "tui")]
    for layer in layers:
        lines.append("-" * 118)
        for name in layer.split(" | "):
            lines.append(_line(ROOT / "causal_organism" / name, name))
            lines += [f"    {room.name:<{_ROOM}} {_first_line(room / '__init__.py')}" for room in _rooms(name)]
    return "\n".join(lines) + "\n"


def drawn(page: str) -> str:
    """The picture that stands in a page."""
    return page[page.index(BEGIN) + len(BEGIN) : page.index(END)]


def _line(path: Path, name: str) -> str:
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return f"{name:<{_NAME}} {_first_line(file)}"


def _rooms(name: str) -> list[Path]:
    folder = ROOT / "causal_organism" / name
    return sorted(each.parent for each in folder.glob("*/__init__.py"))


def _first_line(file: Path) -> str:
    text = ast.get_docstring(ast.parse(file.read_text())) or ""
    return text.partition("\n")[0]


if __name__ == "__main__":
    text = PAGE.read_text()
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    PAGE.write_text(text[:begin] + picture() + text[end:])
