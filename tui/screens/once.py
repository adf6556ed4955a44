"""Pages and dialogs: left once, however many keys were typed before they were gone; covered where they have no room."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.events import Resize
from textual.screen import Screen, ScreenResultType
from textual.widget import Widget

from tui.widgets.small import TooSmall, is_small


class Once(Screen[ScreenResultType]):
    """Over a slow line a second Enter arrives while the first is worked off: it must neither answer a second time nor
    close the screen below (tests/tui/test_deciding.py). Stands behind ModalScreen among a class's bases: styles follow
    the first.
    """

    _had_focus: Widget | None = None  # before the terminal became too small

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_current else AwaitComplete()

    def on_resize(self, event: Resize) -> None:
        """Nobody decides what cannot be read: in a small terminal nothing has the focus, and only esc goes on."""
        if is_small(event.size) == self.has_class("-small"):
            return
        self.set_class(is_small(event.size), "-small")
        if not self.query(TooSmall):
            self.mount(TooSmall("esc back"))
        if self.has_class("-small"):
            self._had_focus = self.focused
            self.set_focus(None)
        elif self._had_focus is not None:
            self._had_focus.focus()
