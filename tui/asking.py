"""How the console talks to its source: every question in a thread of its own, with a deadline, answers as they come.

Threads never touch a widget; they post messages with finished values, and the handlers here own the state.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial

from textual.app import App

from causal_organism.errors import StoreError
from tui.link import Link, in_thread, words
from tui.messages import Answer, Answered, LogArrived
from tui.polling import RARELIER, RARELY, Pulse, Standing
from tui.presenters.checked import checked
from tui.requests import COUNTED, RUNS, Asks
from tui.source import ConsoleSource, Document, Place

BEAT_S = 1.0
LOG = "log:"
PRESENT_S = 2.0  # between two pictures of the same documents, three times that where nothing happens: the steps of ages
MOST_DOCUMENTS = 24
_MEASURED = 15


class AskingApp(App[None]):
    """State of the console: the newest documents, what is known of their sources, and what cannot be done."""

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
        self._given: dict[str, tuple[Document, Document]] = {}  # what came last, and what it is shown as
        self.as_of: datetime | None = None  # the newest good answer
        self.unsupported: Mapping[str, str] = {}
        self._took_ms: deque[float] = deque(maxlen=_MEASURED)
        self._presenting = False
        self._presented_at = 0.0

    @property
    def api_ms(self) -> float | None:
        """What an answer takes these days; None before the first."""
        return sorted(self._took_ms)[len(self._took_ms) // 2] if self._took_ms else None

    @property
    def notes(self) -> dict[str, str]:
        """Document -> why it cannot be given, though its server answers."""
        return {each.name: each.why for each in self.pulse.questions.values() if each.failures and not each.silent}

    def asker(self) -> Asks | None:
        """The screen of the current mode, also below a dialog or a page, once it can show documents."""
        if not self.is_running or not self.screen_stack:
            return None  # it is being left, and screens lose their widgets
        screen = self.screen_stack[0]
        return screen if getattr(screen, "composed", False) else None  # type: ignore[return-value]

    def beat(self) -> None:
        """Once a second: give up what is overdue, ask for what is due, let the screen count seconds."""
        now, asker = self.ticks(), self.asker()
        for name in self.pulse.expire(now):
            self._lose(name, Standing.LOST)
        if asker is not None:
            self._ask_due(asker, now, early_s=BEAT_S / 2)
            if now - self._presented_at >= PRESENT_S * (RARELY if self._is_quiet() else 1):
                self._present()
            else:
                asker.tick(now)

    def _is_quiet(self) -> bool:
        """Whether no run goes on, and none began or ended for a while."""
        if self.pulse.question(RUNS[0]).interval_s < RARELY * self.pulse.interval_s:
            return False
        return all(run.get("ended_at") for run in (self.documents.get(RUNS[0]) or {}).get("runs", ()))

    def ask_now(self, *names: str) -> None:
        """Fresh documents for the screen that is seen; over a silent server, when its pause is over."""
        now, asker = self.ticks(), self.asker()
        if asker is None:
            return
        for name in names or tuple(self._wanted(asker)):
            question = self.pulse.question(name)
            if not question.failures:
                question.hurry()
        self._ask_due(asker, now)

    def insist(self) -> tuple[str, ...]:
        """Ask for everything that the screen shows, whatever hangs; the names."""
        now, asker = self.ticks(), self.asker()
        if asker is None:
            return ()
        names = tuple(self._wanted(asker))
        self.pulse.insist(names, now)
        self._ask_due(asker, now)
        return names

    def screen_changed(self) -> None:
        """Another screen is seen: ask for what it shows as far as that is due."""
        asker = self.asker()
        if asker is not None:
            self._ask_due(asker, self.ticks())

    def went(self, name: str, standing: Standing, why: str) -> None:
        """A source's standing changed; kept for `:errors`."""

    def noticed(self, fault: str) -> None:
        """A field could not be read; kept for `:errors`, once."""

    def _wanted(self, asker: Asks) -> dict[str, tuple[Callable[[ConsoleSource], Document], bool]]:
        """Document -> how to ask for it, and whether seldom."""
        wanted = {name: (request, False) for name, request in asker.requests()}
        for name, request in COUNTED:
            wanted.setdefault(name, (request, True))
        log = asker.log_request()
        if log is not None:
            run, cursor = log
            wanted[LOG + run] = (lambda source: {**source.logs(run, after=cursor), "after": cursor}, False)
        return wanted

    def _ask_due(self, asker: Asks, now: float, *, early_s: float = 0.0) -> None:
        wanted = self._wanted(asker)
        for name in self.pulse.due(wanted, now + early_s):
            self._ask(name, wanted[name][0], now)
        for name in self.pulse.forget(wanted, MOST_DOCUMENTS):
            self.documents.pop(name, None)
            self._given.pop(name, None)

    def _ask(self, name: str, request: Callable[[ConsoleSource], Document], now: float) -> None:
        work = partial(self._answer, name, self.pulse.question(name).ask(now), request)
        in_thread(name, work)

    def _answer(self, name: str, serial: int, request: Callable[[ConsoleSource], Document]) -> None:
        """Runs in a thread."""
        document, error, silent, started = None, "", False, time.monotonic()
        faults: tuple[str, ...] = ()
        try:
            document, faults = self._kept(name, request(self.link.source()))
        except (StoreError, OSError) as failed:
            error, silent = words(failed), True
        except Exception as failed:  # noqa: BLE001 - an operator's console stays up whatever one document's reader does
            error = words(failed)
        answer = Answer(
            document=document,
            error=error,
            silent=silent,
            faults=faults,
            took_ms=(time.monotonic() - started) * 1000,
            at=self.now(),
            unsupported=self.link.unsupported,
        )
        self.post_message(Answered(name, serial, answer))

    def _kept(self, name: str, given: Document) -> tuple[Document, tuple[str, ...]]:
        """What is shown for what was given, the same object while that says the same. Runs in a thread."""
        last = self._given.get(name)
        if last is not None and last[0] is given:
            return last[1], ()
        document, faults = checked(given, name.partition(":")[0])
        if name.startswith(LOG):
            return document, faults
        known = self.documents.get(name)
        if known is not None and known == document:
            document = known
        self._given[name] = (given, document)
        return document, faults

    def on_answered(self, event: Answered) -> None:
        now, answer, question = self.ticks(), event.answer, self.pulse.question(event.about)
        had_failed, asker, is_new = bool(question.failures), self.asker(), True
        if answer.unsupported is not None:
            self.unsupported = answer.unsupported
        if answer.document is None:
            question.fail(event.serial, now, answer.error, silent=answer.silent)
            if question.failures == 1:
                self._lose(event.about, Standing.LOST if answer.silent else Standing.ERROR)
        else:
            seldom = asker is not None and event.about not in {name for name, _ in asker.requests()}
            seldom = seldom and not event.about.startswith(LOG)
            accepted = question.answer(event.serial, now, interval_s=self.pulse.interval_of(seldom=seldom))
            is_new = (accepted and self._learn(event.about, answer)) or had_failed
            if accepted and not event.about.startswith(LOG):
                self._pace(event.about, is_new=is_new)
            for fault in answer.faults:
                self.noticed(fault)
            if had_failed and not question.failures:
                self.went(event.about, Standing.LIVE, "")
        if asker is not None:
            if is_new:
                self._present_soon()
            if question.next_at == 0.0:
                self._ask_due(asker, now)

    def _pace(self, name: str, *, is_new: bool) -> None:
        """Runs come first: whatever happens begins or ends one, so the rest may be asked for more rarely until then."""
        is_first = name == RUNS[0]
        self.pulse.question(name).compare(is_new=is_new, most=RARELY if is_first else RARELIER)
        if is_first and is_new:
            self._stir()

    def _lose(self, name: str, standing: Standing) -> None:
        """Say it; the first time the rest is asked too, since more may have gone with it."""
        if self.pulse.question(name).failures == 1:
            self._stir()
        self.went(name, standing, self.pulse.question(name).why)

    def _stir(self) -> None:
        for each in self.pulse.questions.values():
            each.stir(self.ticks())

    def _learn(self, name: str, answer: Answer) -> bool:
        """Whether it is another document than before."""
        assert answer.document is not None
        if name.startswith(LOG):
            self.post_message(LogArrived(name.removeprefix(LOG), answer.document))
            return False
        self._took_ms.append(answer.took_ms)
        self.as_of = answer.at
        if self.documents.get(name) is answer.document:
            return False
        self.documents[name] = answer.document
        return True

    def _present_soon(self) -> None:
        """Once for all answers that are there."""
        if not self._presenting:
            self._presenting = True
            self.call_later(self._present)

    def _present(self) -> None:
        self._presenting, self._presented_at = False, self.ticks()
        asker = self.asker()
        if asker is None:
            return
        try:
            asker.present()
        except Exception as error:  # noqa: BLE001 - whatever stands in a document, the console stays up
            self.failed_to_show(error)

    def failed_to_show(self, error: Exception) -> None:
        """A screen could not be presented; kept for `:errors`."""
