"""Textual's bindings, from the table of actions."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui.actions import APP, in_scope


def bindings_of(scope: str) -> list[BindingType]:
    """The keys of a screen: its own actions and those that work everywhere."""
    return [
        Binding(",".join(action.keys), f"act('{action.id}')", action.help, show=False, id=f"{scope}.{action.id}")
        for action in in_scope(scope, APP)
    ]
