"""Pages that are drawn from the code: declarations, settings, views. `python -m tests.docs.reference` writes them."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import causal_organism
from causal_organism.assets import checks
from causal_organism.assets.automation import conditions
from causal_organism.assets.declared import AssetOptions, SourceOptions, names_of
from causal_organism.settings import Settings
from tests.docs.view_catalog import views

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"declarations.md": "options", "settings.md": "settings"}


def drawn(page: str) -> str:
    """A page with its tables as the code has them."""
    text = (DOCS / page).read_text(encoding="utf-8")
    for name, table in TABLES[page]().items():
        start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        assert start in text and end in text, f"{page} has no place for {name}"
        before, after = text.split(start)[0], text.split(end)[1]
        text = f"{before}{start}\n{table}\n{end}{after}"
    return text


def declarations() -> dict[str, str]:
    return {
        "options": _options(),
        "checks": _functions(checks, causal_organism),
        "conditions": _functions(conditions, causal_organism),
    }


def _options() -> str:
    hints = get_type_hints(AssetOptions, include_extras=True)
    lines = ["| option | type | | |", "|---|---|---|---|"]
    for name in names_of(AssetOptions):
        kind = _type_text(AssetOptions.__annotations__.get(name) or SourceOptions.__annotations__[name])
        only = "" if name in names_of(SourceOptions) else "assets only"
        lines.append(f"| `{name}` | `{kind}` | {hints[name].__metadata__[0].replace('|', chr(92) + '|')} | {only} |")
    return "\n".join(lines)


def _type_text(annotation: Any) -> str:
    """The type of a forward reference `Annotated[X, "…"]`, as it is written."""
    written = getattr(annotation, "__forward_arg__", str(annotation))
    found = re.fullmatch(r'Annotated\[(.*), "[^"]*"\]', written) or re.fullmatch(r"Annotated\[(.*), '[^']*'\]", written)
    return (found[1] if found else written).replace("|", "\\|")


def _functions(module: Any, package: Any) -> str:
    lines = ["| | |", "|---|---|"]
    for name in sorted(package.__all__):
        function = getattr(package, name)
        if inspect.isfunction(function) and function.__module__ == module.__name__:
            signature = str(inspect.signature(function)).partition(" ->")[0].replace("'", "").replace("|", "\\|")
            lines.append(f"| `{name}{signature}` | {(inspect.getdoc(function) or '').splitlines()[0]} |")
    return "\n".join(lines)


def settings() -> dict[str, str]:
    lines = ["| variable | default | |", "|---|---|---|"]
    for each in fields(Settings):
        if not each.metadata["env"]:
            continue
        default = "" if each.default is None or each.name in ("home", "actor") else f"`{each.default}`"
        secret = " Secret." if each.metadata["secret"] else ""
        about = each.metadata["about"].replace("|", "\\|")
        lines.append(f"| `{each.metadata['env']}` | {default} | {about[0].upper()}{about[1:]}.{secret} |")
    return {"settings": "\n".join(lines)}


TABLES = {"declarations.md": declarations, "settings.md": settings, "catalog.md": views}

if __name__ == "__main__":
    for name in TABLES:
        (DOCS / name).write_text(drawn(name), encoding="utf-8")
