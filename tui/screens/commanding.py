"""What may be typed behind `:`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from causal_organism.wording.safe_text import safe_name
from tui.presenters.commands import context_lines
from tui.screens.console import Console
from tui.screens.frame import Frame
from tui.typed import TYPED, typed_command


class Commanding(Console):
    """A console with commands."""

    next_context: str | None = None  # to be opened after this console was left
    said: tuple[str, ...] = ()  # messages of this session

    @property
    def frame(self) -> Frame | None:
        """The screen of the current mode, also while a page or dialog covers it."""
        screen = self.screen_stack[0] if self.screen_stack else None
        return screen if isinstance(screen, Frame) else None

    def command(self, text: str) -> None:
        """`:` of the key table."""
        name, _, rest = text.partition(" ")
        rest = rest.strip()
        screens = [screen for screen in self.MODES if name and screen.startswith(name)]
        if (do := self.typed_commands().get(name)) is not None and do(rest):
            return
        if len(screens) == 1:
            self.go(screens[0])
        elif (known := typed_command(name)) is not None and self.frame is not None:
            self.frame.say(f":{known.usage} goes so: {known.help}")
        elif name and self.frame is not None:
            self.frame.say(f":{text} is not a command; {', '.join(each.usage for each in TYPED)}")

    def typed_commands(self) -> Mapping[str, Callable[[str], bool]]:
        """Name -> what does it; False where it needs more words, or others. Screens are gone to by their names."""
        return {
            "q": self._quit,
            "quit": self._quit,
            "errors": lambda _: self._show("Messages of this session", self.said),
            "help": lambda _: self._help(),
            "refresh": self._refresh_every,
            "run": lambda part: self._find("run", part),
            "asset": lambda part: self._find("asset", part),
            "person": self._person,
            "ctx": self._go_to_context,
            "runs": self._runs_until,
        }

    def _quit(self, _: str) -> bool:
        self.exit()
        return True

    def _show(self, title: str, lines: tuple[str, ...]) -> bool:
        from tui.screens.pages import TextPage  # read when one is opened, as screens are

        self.push_screen(TextPage(title, lines or ("none",)))
        return True

    def _help(self) -> bool:
        if self.frame is not None:
            self.frame.do_help()
        return True

    def _refresh_every(self, seconds: str) -> bool:
        if not (seconds.isdecimal() and int(seconds) >= 1):
            return False
        self.pulse.interval_s = float(seconds)
        return True

    def _find(self, what: str, part: str) -> bool:
        if not part or self.frame is None:
            return False
        self.frame.say(f"looking for {what} {part} ...")
        self.ask_for(f"{what}s", part)
        return True

    def _person(self, person: str) -> bool:
        from tui.screens.person import PersonPage  # as in modes.py

        if person:
            self.push_screen(PersonPage(person))
        return bool(person)

    def _runs_until(self, day: str) -> bool:
        """`:runs 2026-01-31`: the runs until the end of that day."""
        if not day:
            return False
        try:
            until = datetime.combine(date.fromisoformat(day), datetime.max.time(), UTC)
        except ValueError:
            if self.frame is not None:
                self.frame.say(f":runs {day}: write a day as 2026-01-31")
            return True
        from tui.screens.runs import RunsScreen  # as in modes.py

        self.go("runs")
        frame = self.frame
        if isinstance(frame, RunsScreen):
            frame.call_after_refresh(frame.go_back_to, until.isoformat())
        return True

    def _go_to_context(self, name: str) -> bool:
        """`:ctx NAME` leaves this console for another one; without a name, which there are."""
        if not name:
            return self._show("Contexts", context_lines(self.contexts, self.place.context))
        if name in self.contexts:
            self.next_context = name
            self.exit()
        elif self.frame is not None:
            known = ", ".join(safe_name(each) for each in self.contexts) or "none (docs/console.md names the file)"
            self.frame.say(f"no context {safe_name(name)}; there are: {known}")
        return True
