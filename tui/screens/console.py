"""What a screen may ask of the app that shows it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from tui.acting import ActingApp
from tui.actions import Action
from tui.keymap import Keymap
from tui.source import Document


class Console(ActingApp):
    """Places, pages, messages and the clipboard; tui/app.py has them."""

    keys: Keymap = MappingProxyType({})  # that a person chose
    looked_at: datetime | None = None  # when somebody was here before
    contexts: Mapping[str, str] = MappingProxyType({})  # name -> where that is, of those that can be gone to

    @property
    @abstractmethod
    def is_behind(self) -> bool:
        """Whether something was typed that the console has not come to."""

    @abstractmethod
    def go(self, screen: str, key: str | None = None, *, say: str = "") -> None:
        """Show a screen, and open a thing there."""

    @abstractmethod
    def go_last(self) -> None:
        """The place before this one."""

    @abstractmethod
    def open_help(self, scope: str, refusal: Callable[[Action], str | None], run: Callable[[str], None]) -> None:
        """The help of a screen; `run` gets the action that was chosen there."""

    @abstractmethod
    def open_json(self, title: str, document: Document) -> None:
        """A document as it came."""

    @abstractmethod
    def command(self, text: str) -> None:
        """A line typed behind `:`."""

    @abstractmethod
    def redraw(self) -> None:
        """Send the whole screen again."""

    @abstractmethod
    def copy(self, text: str) -> None:
        """To the clipboard of the operator's terminal."""

    @abstractmethod
    def remember(self, message: str) -> None:
        """Keep a message for `:errors`."""
