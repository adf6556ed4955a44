"""What a command has to ask before anything else: may this process change something here?"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from causal_organism.settings import Settings, load_settings
from causal_organism.wiring import refuse_without
from causal_organism.wording.permits import OPERATOR

Command = TypeVar("Command", bound=Callable[..., Any])


def changes(
    *,
    unless: Callable[..., bool] = lambda **_: False,
    ask: Callable[[Settings], None] = Settings.refuse_changes,
    role: str | None = OPERATOR,
    owner_may: bool = False,
) -> Callable[[Command], Command]:
    """For a command that changes something: it is refused before its first line where nothing may be changed.

    Stands below the options. `unless` gets the command's options, and says when they only make it look; `ask` is
    another question for a command that looks after the home itself. `role`: what the ledger's server is asked whether
    we have it, before anything is half done on the others; None: whoever owns the home decides. `owner_may`: so does
    the owner of the database.
    """

    def guard(command: Command) -> Command:
        @functools.wraps(command)
        def refused_first(*context: Any, **options: Any) -> Any:
            if not unless(**options):
                settings = load_settings()
                ask(settings)
                if role is not None:
                    refuse_without(settings, role, owner_may=owner_may)
            return command(*context, **options)

        return refused_first  # type: ignore[return-value]

    return guard


def dry(*, dry_run: bool, **_: Any) -> bool:
    """For `unless`: with --dry-run nothing is changed."""
    return dry_run
