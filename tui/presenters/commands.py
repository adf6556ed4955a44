"""The command line that does the same as a screen or an action: for scripts, colleagues and screen readers."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace

from causal_organism.wording.run_filters import RunsAsked
from causal_organism.wording.safe_text import safe_name

_BARE_KEY = re.compile(r"[\w.\-]+(/[\w.\-]+)*\Z")
_WORDS = frozenset({"and", "or", "not"})


def selection_of(keys: Sequence[str], *, upstream: bool = False) -> str:
    """The selection that names exactly these assets, with all that they depend on if asked for."""
    atoms = [("+" if upstream else "") + _atom(key) for key in keys]
    return " or ".join(atoms)


def refresh_command(
    selection: str, *, partition: str | None = None, force: bool = False, full: bool = False, config: Sequence[str] = ()
) -> str:
    """The command that does what the dialog does."""
    flags = f" --partition {shlex.quote(partition)}" if partition else ""
    flags += "".join(f" --set {shlex.quote(each)}" for each in config)
    flags += (" --force" if force else "") + (" --full" if full else "")
    return f"organism refresh {shlex.quote(selection)}{flags}"


def runs_command(asked: RunsAsked) -> str:
    """The command that lists these runs, whatever page of them is shown."""
    given = [*(("state", state) for state in asked.states), ("deployment", asked.deployment), ("asset", asked.asset),
             ("since", asked.since and asked.since.isoformat(timespec="minutes")), ("actor", asked.actor),
             ("text", asked.text)]  # fmt: skip
    return "organism runs" + "".join(f" --{name} {shlex.quote(value)}" for name, value in given if value)


def each_of(command: str, targets: Sequence[str]) -> str:
    """One command per target, joined as a shell does."""
    return " && ".join(f"organism {command} {shlex.quote(target)}" for target in targets)


def decision_command(action: str, proposal: str, reason: str) -> str:
    """The command that decides on a proposal; what is still to be typed stands as `REASON`."""
    return f"organism interventions {action} {shlex.quote(proposal)} --reason {shlex.quote(reason or 'REASON')}"


def limit_command(queue: str, limit: str) -> str:
    return f"organism queue limit {shlex.quote(queue)} {shlex.quote(limit)}"


def context_lines(contexts: Mapping[str, str], here: str) -> tuple[str, ...]:
    """Each context with where it is; the one that is shown is marked, also where the file does not name it."""
    if not contexts:
        return (f"* {safe_name(here)}", "no other: docs/console.md says which file names them")
    names = {name: safe_name(name) for name in contexts}
    wide = max(map(len, names.values()))
    lines = tuple(f"{'*' if name == here else ' '} {names[name]:<{wide}}  {where}" for name, where in contexts.items())
    return lines if here in contexts else (f"* {safe_name(here)}", *lines)


def attention_command(trouble: str) -> str:
    """The command about a line of the overview: `kind:name`; empty: nothing needs attention."""
    kind, _, name = trouble.partition(":")
    match kind:
        case "asset":
            return command_for("assets", name)
        case "run":
            return command_for("runs", name)
        case "proposal":
            return command_for("interventions", name)
        case "queue":
            return "organism queues"
        case "schedule":
            return about("schedules")
        case "server":
            return "organism check"
    return "organism status"


def causes_command(asked: RunsAsked) -> str:
    """The command that lists failures of these runs by cause; it asks for those that failed by itself."""
    return runs_command(replace(asked, states=())) + " --by-cause"


def about(command: str, *words: str) -> str:
    """`organism versions KEY`, its words as a shell takes them."""
    return " ".join([f"organism {command}", *map(shlex.quote, words)])


def command_for(screen: str, target: str | None) -> str:
    """The command that shows what the screen shows, about the target where there is one."""
    if target:
        quoted = shlex.quote(target)
        match screen:
            case "assets":
                return f"organism show {quoted}"
            case "runs":
                return f"organism run {quoted} --follow"
            case "interventions":
                return f"organism interventions show {quoted}"
    return {
        "overview": "organism status",
        "assets": "organism assets",
        "runs": "organism runs",
        "queues": "organism queues",
        "interventions": "organism interventions list",
    }.get(screen, "organism --help")


def group_command(group: str) -> str:
    """The command that lists the assets of a group."""
    return about("assets", f"group:{_atom(group)}")


def _atom(key: str) -> str:
    if _BARE_KEY.match(key) and key.lower() not in _WORDS:
        return key
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
