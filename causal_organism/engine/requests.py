"""What somebody asks to be made, and who asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from causal_organism.documents.json import JsonObject
from causal_organism.engine.cancelling import Cancellation


def _quiet(*_: Any) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Request:
    """A selection to be made, and how.

    `partition` chooses partitions, as `day=2026-01-01..2026-01-31` does; None: all that are out of date.
    `force`: fresh ones too. `full`: every step in full, none by its update. `allow_empty`: a selection that matches
    nothing is no error. `config`: what parameters with a default are given in place of it, by NAME or KEY.NAME.
    """

    selection: str
    partition: str | None = None
    force: bool = False
    full: bool = False
    allow_empty: bool = False
    config: JsonObject = field(default_factory=dict)

    def to_document(self) -> JsonObject:
        """For the audit log and a run's parameters, without the selection."""
        chosen: JsonObject = {} if self.partition is None else {"partition": self.partition}
        given: JsonObject = {"config": dict(self.config)} if self.config else {}
        return {**chosen, "force": self.force, "full": self.full, **given}


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asks, through what, in which run, where its talk goes, and whether it was cancelled meanwhile.

    `trigger`: cli, console, api, python, schedule, automation, import ... `run`: None outside of any run.
    `log` tells a person, `log_fault` where authors' code broke (None: as `log`); `progress` gets (name, done, total);
    `keep` gets (name, line, level), where a run's lines stay.
    """

    actor: str
    trigger: str = "python"
    run: str | None = None
    flow: str = "refresh-assets"
    deployment: str | None = None
    log: Callable[[str], None] = _quiet
    progress: Callable[[str, int, int], None] = _quiet
    keep: Callable[[str, str, str], None] = _quiet
    log_fault: Callable[[str], None] | None = None
    cancellation: Cancellation = field(default_factory=Cancellation, compare=False)

    def say(self, name: str, text: str) -> None:
        """Tell and keep a line of one asset."""
        self.log(text)
        self.keep(name, text, "info")

    def say_fault(self, name: str, text: str) -> None:
        """Tell and keep where the code of one asset broke."""
        (self.log_fault or self.log)(text)
        self.keep(name, text, "error")
