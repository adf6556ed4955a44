"""How the console talks to its source: in threads, one round of requests at a time, only for the screen that is seen.

Threads never touch a widget; they post messages with finished values, and the handlers here own the state.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

from textual.app import App
from textual.message_pump import MessagePump

from causal_organism.errors import OrganismError, StoreError
from causal_organism.wording.safe_text import safe_text
from tui.messages import Answer, Answered, LogArrived, Planned, Selected, Written
from tui.polling import Pulse
from tui.source import ConsoleSource, Document, Place

Request = tuple[str, Callable[[ConsoleSource], Document]]
COUNTS_EVERY_S = 10.0
BEAT_S = 1.0
PATIENCE_S = 5.0  # with servers that do not answer, in one round
ASSETS: Request = ("assets", lambda source: source.assets())
RUNS: Request = ("runs", lambda source: source.runs())
QUEUES: Request = ("queues", lambda source: source.queues())
STATUS: Request = ("status", lambda source: source.status())
PROPOSALS: Request = ("proposals", lambda source: {"proposals": tuple(source.proposals())})
COUNTED = (ASSETS, RUNS, PROPOSALS)  # what the status bar counts, read seldom where the screen does not show it


class Asks(Protocol):
    """A screen with documents, once it is `composed`."""

    @property
    def composed(self) -> bool: ...

    def requests(self) -> Sequence[Request]: ...

    def log_request(self) -> tuple[str, str | None] | None:
        """(run, cursor) of the log to go on with; None if none is shown."""

    def present(self) -> None:
        """Show the documents that the console has."""

    def tick(self, now: float) -> None:
        """A second went by."""


class Link:
    """The source, connected when first used, by whichever thread needs it first."""

    def __init__(self, connect: Callable[[], ConsoleSource]):
        self._connect = connect
        self._lock = threading.Lock()
        self._source: ConsoleSource | None = None
        self.unsupported: Mapping[str, str] | None = None

    def source(self) -> ConsoleSource:
        with self._lock:
            if self._source is None:
                source = self._connect()
                self.unsupported = source.unsupported()
                self._source = source
            return self._source

    def close(self) -> None:
        """Let go, unless a thread is still connecting."""
        if self._lock.acquire(timeout=0.2):
            try:
                if self._source is not None:
                    self._source.close()
            finally:
                self._lock.release()


class AskingApp(App[None]):
    """State of the console: the newest documents, the link, and what cannot be done."""

    def __init__(
        self,
        connect: Callable[[], ConsoleSource],
        place: Place,
        *,
        now: Callable[[], datetime] | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ):
        super().__init__(ansi_color=True)  # from the first: NO_COLOR is decided here, before there is a theme
        self.link = Link(connect)
        self.place = place
        self.now = now or (lambda: datetime.now(UTC))
        self.ticks = ticks  # seconds that only go forward: when to ask, and how old an answer is
        self.pulse = Pulse()
        self.documents: dict[str, Document | None] = {}
        self.read_at: dict[str, float] = {}  # document -> tick of its last good answer
        self.as_of: datetime | None = None
        self.lost: str | None = None  # why the link is lost
        self.notes: dict[str, str] = {}  # document -> why it could not be given, though the link is there
        self.api_ms: float | None = None
        self.unsupported: Mapping[str, str] = {}
        self.blurred = False
        self.writing: str | None = None
        self._serial = 0

    def asker(self) -> Asks | None:
        """The screen that is seen, if it shows documents; a dialog or the help does not."""
        if not self.is_running:
            return None  # it is being left, and screens lose their widgets
        screen = self.screen
        return screen if getattr(screen, "composed", False) else None  # type: ignore[return-value]

    def beat(self) -> None:
        """Once a second: ask if it is time to, and let the screen count seconds."""
        now, asker = self.ticks(), self.asker()
        if asker is None:
            return
        if self.pulse.due(now + BEAT_S / 2) and not self.blurred:
            self._ask(asker, now)
        asker.tick(now)

    def ask_now(self) -> None:
        """Fresh data for the screen that is seen, as soon as can be."""
        self.pulse.hurry()
        now, asker = self.ticks(), self.asker()
        if asker is not None and self.pulse.due(now):
            self._ask(asker, now)

    def screen_changed(self) -> None:
        """Another screen is seen: what is in flight was for the one before."""
        self.pulse.asked_at = None
        self.ask_now()

    def _ask(self, asker: Asks, now: float) -> None:
        self.pulse.ask(now)
        self._serial += 1
        wanted = list(asker.requests())
        names = {name for name, _ in wanted}
        wanted += [each for each in COUNTED if each[0] not in names and self._old(each[0], now)]
        work = partial(self._round, self._serial, wanted, asker.log_request())
        self.run_worker(work, thread=True, group="ask", exclusive=True, exit_on_error=True)

    def _old(self, name: str, now: float) -> bool:
        return name not in self.read_at or now - self.read_at[name] > COUNTS_EVERY_S

    def _round(self, serial: int, wanted: Sequence[Request], log: tuple[str, str | None] | None) -> None:
        """Runs in a thread."""
        documents: dict[str, Document] = {}
        notes: dict[str, str] = {}
        lost: str | None = None
        started = self.ticks()
        for name, request in wanted:
            try:
                documents[name] = request(self.link.source())
            except (StoreError, OSError) as error:  # other servers may answer, unless this one took its time to fail
                lost = lost or f"{name}: {words(error)}"
                if self.ticks() - started > PATIENCE_S:
                    break
            except Exception as error:  # an operator's console stays up whatever one document's reader does
                notes[name] = words(error)
        took_ms = (self.ticks() - started) * 1000 / max(1, len(documents))
        if log is not None and lost is None:
            lost = self._read_log(*log, notes)
        answer = Answer(
            documents=documents,
            lost=lost,
            notes=notes,
            took_ms=took_ms,
            at=self.now(),
            unsupported=self.link.unsupported,
        )
        self.post_message(Answered(serial, answer))

    def _read_log(self, run: str, cursor: str | None, notes: dict[str, str]) -> str | None:
        """Runs in a thread; why the link is lost."""
        try:
            document = self.link.source().logs(run, after=cursor)
        except (StoreError, OSError) as error:
            return f"logs: {words(error)}"
        except Exception as error:  # see _round
            notes["logs"] = words(error)
            return None
        self.post_message(LogArrived(run, tuple(document.get("lines") or ()), document.get("cursor")))
        return None

    def on_answered(self, event: Answered) -> None:
        now, answer = self.ticks(), event.answer
        self.documents.update(answer.documents)
        self.read_at.update(dict.fromkeys(answer.documents, now))
        if answer.unsupported is not None:
            self.unsupported = answer.unsupported
        if event.serial == self._serial:
            self.pulse.answer(now, good=answer.lost is None)
            self.lost, self.notes = answer.lost, dict(answer.notes)
            if answer.lost is None:
                self.as_of, self.api_ms = answer.at, answer.took_ms
        asker = self.asker()
        if asker is not None:
            asker.present()
            if self.pulse.again:
                self.ask_now()

    def ask_plan(self, to: MessagePump, selection: str, *, force: bool, full: bool) -> None:
        """A plan for a dialog; the dialog gets `Planned` with its own serial."""
        serial = int(getattr(to, "serial", 0))

        def work() -> None:
            plan, error = self._try(lambda source: source.plan(selection, force=force, full=full))
            to.post_message(Planned(serial, plan, error))

        self.run_worker(work, thread=True, group="plan", exclusive=True)

    def ask_selection(self, to: MessagePump, expression: str) -> None:
        """The keys of a selection; the screen gets `Selected`."""

        def work() -> None:
            keys, error = self._try(lambda source: source.select(expression))
            to.post_message(Selected(expression, keys, error))

        self.run_worker(work, thread=True, group="select", exclusive=True)

    def write(
        self,
        label: str,
        targets: Sequence[str],
        call: Callable[[ConsoleSource, str], Any],
        then: Callable[[Sequence[Any]], None],
    ) -> bool:
        """Do something per target, in order; False if an action is still under way. Ends as `Written`."""
        if self.writing is not None:
            return False
        self.writing = label

        def work() -> None:
            results, errors = [], []
            for target in targets:
                result, error = self._try(partial(_call, call, target))
                if error is None:
                    results.append(result)
                else:
                    errors.append(error)
            self.post_message(Written(label, results, errors, then))

        self.run_worker(work, thread=True, group="write", exclusive=True)
        return True

    def _try(self, call: Callable[[ConsoleSource], Any]) -> tuple[Any, str | None]:
        """(result, None) or (None, what went wrong). Runs in a thread."""
        try:
            return call(self.link.source()), None
        except Exception as error:  # see _round; the operator reads it and decides
            return None, words(error)


def words(error: BaseException) -> str:
    """An error as one safe line: our own with their hint, others with their type."""
    if isinstance(error, OrganismError):
        return safe_text(f"{error.message}{'; ' + error.hint if error.hint else ''}", limit=600)
    return safe_text(f"{type(error).__name__}: {error}", limit=600)


def _call(call: Callable[[ConsoleSource, str], Any], target: str, source: ConsoleSource) -> Any:
    return call(source, target)
