"""What a person asks the source for once: plans, selections, jumps, and everything that changes something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textual.message_pump import MessagePump

from causal_organism.errors import StoreError
from tui.asking import AskingApp
from tui.link import in_thread, words
from tui.messages import Came, Found, Planned, Selected, Written
from tui.source import ConsoleSource, Document

WRITE_DEADLINE_S = 15.0


class ActingApp(AskingApp):
    """One action at a time; its answer comes as a message."""

    writing: str | None = None  # what is being done
    _written_by = 0.0  # tick at which nobody waits for the action any more
    _writes = 0

    def beat(self) -> None:
        if self.writing is not None and self.ticks() >= self._written_by:
            self.post_message(Written(self.writing, (), ("no answer: whether it was done is unknown",), lambda _: None))
        super().beat()

    def ask_plan(self, to: MessagePump, plan: Callable[[ConsoleSource], Document]) -> None:
        """A plan for a dialog; the dialog gets `Planned` with its own serial."""
        serial = int(getattr(to, "serial", 0))

        def work() -> None:
            found, error = self._try(plan)
            to.post_message(Planned(serial, found, error))

        in_thread("plan", work)

    def ask_selection(self, to: MessagePump, expression: str) -> None:
        """The keys of a selection; the screen gets `Selected`."""

        def work() -> None:
            keys, error = self._try(lambda source: source.select(expression))
            to.post_message(Selected(expression, keys, error))

        in_thread("select", work)

    def ask_once(self, to: MessagePump, about: str, call: Callable[[ConsoleSource], Any]) -> None:
        """Something that is not asked for again and again; `to` gets `Came`, unless it was left."""

        def work() -> None:
            result, error = self._try(call)
            if to.is_running:
                to.post_message(Came(about, result, error))

        in_thread("once", work)

    def ask_for(self, screen: str, text: str) -> None:
        """The one run or asset that a text stands for; ends as `Found`."""

        def work() -> None:
            find = {"runs": "find_run", "assets": "find_asset"}[screen]
            key, error = self._try(lambda source: getattr(source, find)(text))
            self.post_message(Found(screen, key, error or ""))

        in_thread("find", work)

    def write(
        self,
        label: str,
        targets: Sequence[str],
        call: Callable[[ConsoleSource, str], Any],
        then: Callable[[Sequence[Any]], None],
    ) -> bool:
        """Do something per target, in order, until a server is silent; False if an action is still under way.

        Ends as `Written`.
        """
        if self.writing is not None:
            return False
        self._writes += 1
        self.writing, write = label, self._writes
        self._written_by = self.ticks() + WRITE_DEADLINE_S

        def work() -> None:
            results, errors = [], []
            for number, target in enumerate(targets):
                try:
                    results.append(call(self.link.source(), target))
                except (StoreError, OSError) as error:
                    left = len(targets) - number - 1
                    errors.append(words(error) + (f" ({left} more were not tried)" if left else ""))
                    break
                except Exception as error:  # noqa: BLE001 - see _answer; the operator reads it and decides
                    errors.append(words(error))
            self.post_message(Written(label, results, errors, then, write=write))

        in_thread("write", work)
        return True

    def _try(self, call: Callable[[ConsoleSource], Any]) -> tuple[Any, str | None]:
        """(result, None) or (None, what went wrong). Runs in a thread."""
        try:
            return call(self.link.source()), None
        except Exception as error:  # noqa: BLE001 - see _answer; the operator reads it and decides
            return None, words(error)
