"""What a command has to ask before anything else: may this process change something here?"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from causal_organism.settings import load_settings

Command = TypeVar("Command", bound=Callable[..., Any])


def changes(*, unless: Callable[..., bool] = lambda **_: False) -> Callable[[Command], Command]:
    """For a command that changes something: it is refused before its first line where nothing may be changed.

    Stands below the options. `unless` gets the command's options, and says when they only make it look.
    """

    def guard(command: Command) -> Command:
        @functools.wraps(command)
        def refused_first(*context: Any, **options: Any) -> Any:
            if not unless(**options):
                load_settings().refuse_changes()
            return command(*context, **options)

        return refused_first  # type: ignore[return-value]

    return guard


def dry(*, dry_run: bool, **_: Any) -> bool:
    """For `unless`: with --dry-run nothing is changed."""
    return dry_run
