"""What threads tell the console: finished values only. Those that carry the newest state replace an older one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from textual.message import Message

from tui.source import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back for one question: a document, or why there is none. `silent`: no server spoke."""

    document: Document | None = None
    error: str = ""
    silent: bool = False
    faults: tuple[str, ...] = ()  # fields that could not be read, in words
    took_ms: float = 0.0
    at: datetime
    unsupported: Mapping[str, str] | None = None  # None: not connected yet


class Answered(Message):
    """A question is back."""

    def __init__(self, name: str, serial: int, answer: Answer):
        super().__init__()
        self.about = name
        self.serial = serial
        self.answer = answer


class LogArrived(Message):
    """Lines of a run's log; never replaced, since each carries its own."""

    def __init__(self, run: str, document: Document):
        super().__init__()
        self.run_id = run
        self.lines: Sequence[Document] = tuple(document.get("lines") or ())
        self.after: str | None = document.get("after")  # the cursor that it was asked with
        self.cursor: str | None = document.get("cursor")
        self.behind: int | None = document.get("behind")  # lines that are there but not given yet; None: unknown


class Planned(Message):
    """A plan for the trigger dialog, or why there is none."""

    def __init__(self, serial: int, plan: Document | None, error: str | None):
        super().__init__()
        self.serial = serial
        self.plan = plan
        self.error = error

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Planned)


class Selected(Message):
    """The keys that a selection names, or why it names none."""

    def __init__(self, expression: str, keys: tuple[str, ...] | None, error: str | None):
        super().__init__()
        self.expression = expression
        self.keys = keys
        self.error = error

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Selected)


class Found(Message):
    """The one thing that a part of a name or id stands for, or why there is none."""

    def __init__(self, screen: str, key: str | None, error: str):
        super().__init__()
        self.screen_name = screen
        self.key = key
        self.error = error


class Came(Message):
    """What was asked for once: what about, and the result, or why there is none."""

    def __init__(self, about: str, result: Any, error: str | None):
        super().__init__()
        self.about = about
        self.result = result
        self.error = error


class Written(Message):
    """An action ended: `result` per target that went well, `errors` in words for the others. `write`: which one; 0:
    nobody waits for it any more."""

    def __init__(
        self,
        label: str,
        results: Sequence[Any],
        errors: Sequence[str],
        then: Callable[[Sequence[Any]], None],
        *,
        write: int = 0,
    ):
        super().__init__()
        self.label = label
        self.results = results
        self.errors = errors
        self.then = then
        self.write = write
