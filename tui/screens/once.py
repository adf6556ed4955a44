"""Screens that are left once, however many keys were typed before they were gone."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.screen import Screen, ScreenResultType


class Once(Screen[ScreenResultType]):
    """Over a slow line a second Enter arrives while the first is worked off: it must neither answer a second time nor
    close the screen below (tests/tui/test_deciding.py). Stands behind ModalScreen among a class's bases: styles follow
    the first.
    """

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_current else AwaitComplete()
