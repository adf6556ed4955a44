"""Everything that may be typed behind `:`, in one table: what does it, its completion, its help and its refusal."""

from __future__ import annotations

from dataclasses import dataclass

from tui.actions import SCREENS


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedCommand:
    """`argument`: what stands behind the name, in brackets where it may be left out; empty: nothing does."""

    name: str
    argument: str = ""
    help: str

    @property
    def usage(self) -> str:
        return f"{self.name} {self.argument}".rstrip()

    @property
    def wants_more(self) -> bool:
        """Whether it says nothing without its argument."""
        return bool(self.argument) and not self.argument.startswith("[")


TYPED: tuple[TypedCommand, ...] = (
    *(TypedCommand(name=name, help=f"the screen {name}") for name in SCREENS if name != "runs"),
    TypedCommand(name="runs", argument="[DAY]", help="the screen runs; the runs until the end of a day, as 2026-01-31"),
    TypedCommand(name="run", argument="ID", help="a run, by any part of its id, from 4 characters on"),
    TypedCommand(name="asset", argument="KEY", help="an asset, by any part of its key, from 4 characters on"),
    TypedCommand(name="person", argument="ID", help="the numbers of a person, and why they changed"),
    TypedCommand(name="ctx", argument="NAME", help="another home or other servers; without a name, which there are"),
    TypedCommand(name="errors", help="the messages of this session"),
    TypedCommand(name="help", help="the keys of this screen"),
    TypedCommand(name="refresh", argument="SECONDS", help="ask so often"),
    TypedCommand(name="quit", help="quit"),
)


def typed_command(name: str) -> TypedCommand | None:
    return next((each for each in TYPED if each.name == name), None)
