"""The console's own file: contexts (several homes or servers) and keys, in `$XDG_CONFIG_HOME/organism/tui.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from causal_organism.errors import RequestError

_FIELDS: Mapping[str, type] = {"home": str, "env": dict, "read_only": bool, "production": bool}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextEntry:
    """Where a console may work. `variables`: put over those of the environment."""

    name: str
    variables: Mapping[str, str]
    read_only: bool = False
    production: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleFile:
    """What the file says; nothing where there is none. `keys`: `scope.id` of an action -> keys, parted by blanks."""

    contexts: Mapping[str, ContextEntry] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)


def console_file(environ: Mapping[str, str]) -> Path:
    """Where the file is, there or not."""
    folder = environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(folder).expanduser() / "organism" / "tui.toml"


def load_console_file(environ: Mapping[str, str]) -> ConsoleFile:
    """Raises RequestError, with the file and the name of what is wrong."""
    path = console_file(environ)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ConsoleFile()
    except (OSError, ValueError, RecursionError) as error:  # not UTF-8, not TOML, too many digits, nested too deep
        raise _wrong(path, str(error)) from error
    if odd := sorted(document.keys() - {"contexts", "keys"}):
        raise _wrong(path, f"there is no section {odd[0]}; there are contexts and keys")
    contexts, keys = document.get("contexts", {}), document.get("keys", {})
    for name, keys_of in keys.items():
        if not isinstance(keys_of, str):
            raise _wrong(path, f'keys."{name}" is not a text that names keys')
    return ConsoleFile(contexts={name: _context(path, name, entry) for name, entry in contexts.items()}, keys=keys)


def _context(path: Path, name: str, entry: Any) -> ContextEntry:
    where = f"contexts.{name}"
    if not isinstance(entry, dict):
        raise _wrong(path, f"{where} is not a table")
    for field_name, value in entry.items():
        kind = _FIELDS.get(field_name)
        if kind is None:
            raise _wrong(path, f"{where}.{field_name} is unknown; there are {', '.join(_FIELDS)}")
        if not isinstance(value, kind):
            raise _wrong(path, f"{where}.{field_name} is not a {kind.__name__}")
    variables = {str(variable): str(value) for variable, value in entry.get("env", {}).items()}
    if "home" in entry:
        variables["ORGANISM_HOME"] = str(Path(entry["home"]).expanduser())
    flags = {flag: bool(entry.get(flag)) for flag in ("read_only", "production")}
    return ContextEntry(name=name, variables=variables, **flags)


def _wrong(path: Path, what: str) -> RequestError:
    return RequestError(f"{path}: {what}", hint="docs/console.md shows one", code="bad-console-file")
