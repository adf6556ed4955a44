"""What threads tell the console: finished values only. Those that carry the newest state replace an older one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from textual.message import Message

from tui.source import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back from one round of requests. `lost`: the link is; `notes`: what single documents could not be."""

    documents: Mapping[str, Document] = field(default_factory=dict)
    lost: str | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    took_ms: float = 0.0
    at: datetime
    unsupported: Mapping[str, str] | None = None  # None: not connected yet


class Answered(Message):
    """A round of requests is back."""

    def __init__(self, serial: int, answer: Answer):
        super().__init__()
        self.serial = serial
        self.answer = answer

    def can_replace(self, message: Message) -> bool:
        """Only the newest documents matter, and each round asks for whole documents."""
        return isinstance(message, Answered)


class LogArrived(Message):
    """Lines of a run's log; never replaced, since each carries its own."""

    def __init__(self, run: str, lines: Sequence[Document], cursor: str | None):
        super().__init__()
        self.run_id = run
        self.lines = lines
        self.cursor = cursor


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


class Written(Message):
    """An action ended: `result` per target that went well, `errors` in words for the others."""

    def __init__(
        self, label: str, results: Sequence[Any], errors: Sequence[str], then: Callable[[Sequence[Any]], None]
    ):
        super().__init__()
        self.label = label
        self.results = results
        self.errors = errors
        self.then = then
