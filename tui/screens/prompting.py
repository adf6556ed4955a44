"""The prompt in the place of the message row: filters, searches, commands."""

from __future__ import annotations

from textual import on
from textual.widgets import Input

from tui.presenters.completion import Offer, offer_line, offers
from tui.screens.frame import Frame
from tui.widgets.band import Band, Prompt, PromptRow

NAMES = {"filter": "/", "search": "/", "only": "&", "command": ":"}


class PromptingFrame(Frame):
    """A screen that can ask for a line of text."""

    def __init__(self) -> None:
        super().__init__()
        self.prompting = ""  # what the prompt asks for; empty: it is not there
        self.before_prompt = ""
        self.prompt_from = "list"  # the pane that had the focus
        self.typed = ""  # of a command, so far
        self.offers: tuple[Offer, ...] = ()  # what the command may become
        self.taken: int | None = None  # which of these stands in the prompt

    def prompt(self, what: str, value: str) -> None:
        """Ask for a line; `prompt_given` gets it."""
        self.prompting, self.before_prompt = what, value
        self.prompt_from = (self.focused.id if self.focused else None) or "list"
        self.query_one("#flash").display = False
        self.query_one(PromptRow).ask(f" {NAMES.get(what, what)}", value)

    def prompt_changed(self, what: str, text: str) -> None:
        """Something was typed."""

    def prompt_given(self, what: str, text: str) -> None:
        """Enter was pressed."""
        if what == "command":
            self.console.command(text)

    def prompt_given_up(self, what: str, before: str) -> None:
        """Esc was pressed; `before` stood there at first."""

    def do_command(self) -> None:
        self._offer("")
        self.prompt("command", "")

    def _offer(self, typed: str) -> None:
        self.typed = typed
        self.offers, self.taken = offers(typed, self.console.documents, self.console.contexts), None

    def show_keys(self) -> None:
        """While a command is typed: what it may become."""
        if self.composed and self.prompting == "command":
            self.query_one("#keys", Band).show(offer_line(self.typed, self.offers, self.taken, self.size.width))
        else:
            super().show_keys()

    @on(Prompt.Completed)
    def _completed(self) -> None:
        """The next of what the command may become; a single one is gone on from."""
        if self.prompting != "command" or not self.offers:
            return
        self.taken = 0 if self.taken is None else (self.taken + 1) % len(self.offers)
        prompt = self.query_one(PromptRow).prompt
        prompt.value = self.offers[self.taken][0]
        prompt.cursor_position = len(prompt.value)
        self.show_keys()

    @on(Input.Changed, "#prompt")
    def _changed(self, event: Input.Changed) -> None:
        if self.prompting == "command" and (self.taken is None or event.value != self.offers[self.taken][0]):
            self._offer(event.value)
            self.show_keys()
        if self.prompting:
            self.prompt_changed(self.prompting, event.value)

    @on(Input.Submitted, "#prompt")
    def _given(self, event: Input.Submitted) -> None:
        what = self._end()
        self.prompt_given(what, event.value.strip())
        self.show_bands()

    @on(Prompt.GivenUp)
    def _given_up(self) -> None:
        what = self._end()
        self.prompt_given_up(what, self.before_prompt)
        self.show_bands()

    def _end(self) -> str:
        """Put the message row back; what was asked for."""
        what, self.prompting = self.prompting, ""
        self.query_one(PromptRow).display = False
        self.query_one("#flash").display = True
        self.query_one(f"#{self.prompt_from}").focus()
        return what
