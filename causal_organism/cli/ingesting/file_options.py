"""Options of commands that read files which people made elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

_NAMED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "bar": "|", "pipe": "|"}


def file_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--delimiter`, `--encoding`, `--map`, `--aliases` and `--dry-run`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def to_file_options(delimiter: str | None, encoding: str | None, map_: str | None) -> Any:
    """The FileOptions that these options say."""
    from causal_organism.organism.files.opening import FileOptions
    from causal_organism.organism.files.pairs import load_column_map

    return FileOptions(
        delimiter=_NAMED.get(delimiter.lower(), delimiter) if delimiter else None,
        encoding=encoding,
        columns=load_column_map(map_) if map_ else {},
    )


_OPTIONS = (
    click.option("--delimiter", metavar="CHAR", default=None, help="What parts the columns; else it is found out."),
    click.option("--encoding", metavar="NAME", default=None, help="utf-8, cp1252, utf-16 …; else it is found out."),
    click.option("--map", "map_", metavar="FILE", default=None, help="CSV `theirs,ours`: what columns are called."),
    click.option(
        "--aliases",
        metavar="FILE",
        default=None,
        help="CSV `alias,id`: other spellings; with `aliases.csv` in the home.",
    ),
    click.option("--dry-run", is_flag=True, help="Read and judge everything; write nothing."),
)
