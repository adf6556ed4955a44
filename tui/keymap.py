"""Keys that a person chose in place of those of the table of actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from causal_organism.errors import RequestError
from causal_organism.wording.identities import nearest
from tui.actions import ACTIONS, Action, key_of

Keymap = Mapping[str, tuple[str, ...]]
"""`scope.id` of an action -> keys in Textual's names."""


def to_keymap(chosen: Mapping[str, str]) -> Keymap:
    """Keys as people write them, parted by blanks. Raises RequestError for an action or key that there is not."""
    known = {f"{action.scope}.{action.id}": action for action in ACTIONS}
    found: dict[str, tuple[str, ...]] = {}
    for name, text in chosen.items():
        if name not in known:
            near = ", ".join(nearest(name, known)) or "none"
            raise RequestError(f"there is no action {name!r} to give keys to", hint=f"nearest: {near}")
        found[name] = tuple(key_of(key) for key in text.split())
        if not found[name]:
            raise RequestError(f"{name} is given no key", hint='write at least one, as in: "runs.retry" = "R"')
    _check_clashes(found, known)
    return found


def with_keys(actions: Iterable[Action], keymap: Keymap) -> tuple[Action, ...]:
    """The actions with the keys that do them."""
    return tuple(replace(action, keys=keymap.get(f"{action.scope}.{action.id}", action.keys)) for action in actions)


def _check_clashes(found: Keymap, known: Mapping[str, Action]) -> None:
    """A key does one thing where it works."""
    used: dict[tuple[str, str], str] = {}
    for name, action in known.items():
        for key in found.get(name, action.keys):
            other = used.setdefault((action.scope, key), name)
            if other != name and (name in found or other in found):
                raise RequestError(f"{name} and {other} would have the same key {key}")
