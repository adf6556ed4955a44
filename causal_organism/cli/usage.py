"""What is wrong with the words of a command line: in one line, with the command whose help says how it is written."""

from __future__ import annotations

import click


def is_help(error: click.ClickException) -> bool:
    """Whether only a group was named, as in `organism study`: its help is the message."""
    return type(error).__name__ == "NoArgsIsHelpError"  # click 8.1 has none, and prints the help itself


def usage_error(error: click.ClickException, command: str | None) -> tuple[str, str | None]:
    """(message, hint) of an error that click raised. `command`: the one that was named, where click does not say."""
    message = " ".join(error.format_message().split())  # click lists choices one to a line
    if not isinstance(error, click.UsageError):
        return message, None
    path = error.ctx.command_path if error.ctx else " ".join(filter(None, ("organism", command)))
    return message, f"{path} --help"
