"""Textual's bindings, from the table of actions."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui.actions import APP, LIST, in_scope


def bindings_of(scope: str) -> list[BindingType]:
    """The keys of a screen: its own actions, those of its list while another pane has the focus, and those of all."""
    return _bindings("act", scope, LIST, APP)


def screen_bindings(scope: str) -> list[BindingType]:
    """The keys of a pane on the screen that it is on, for while another pane has the focus and does not use them."""
    return _bindings("act", scope)


def pane_bindings(scope: str) -> list[BindingType]:
    """The keys of a pane; the screen that it is on does what they say."""
    return _bindings("screen.act", scope)


def _bindings(do: str, *scopes: str) -> list[BindingType]:
    return [
        Binding(
            ",".join(action.keys),
            f"{do}('{action.id}')",
            action.help,
            show=False,
            id=f"{action.scope}.{action.id}",
        )
        for action in in_scope(*scopes)
    ]
