"""What a command leads to: said before it acts, or with --dry-run shown alone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import click

from causal_organism.cli.output import emit, say
from causal_organism.cli.shell import colours
from causal_organism.errors import REFUSED, OrganismError, RefusedError
from causal_organism.wording.consequences import EFFECTS, WARNING, Sentence
from causal_organism.wording.safe_text import safe_text

Found = TypeVar("Found", bound=Mapping[str, object])
"""A document of `platform.consequences`."""

dry_run_option = click.option("--dry-run", is_flag=True, help="Only say what follows.")


def show_only(
    act: str, subject: str, found: Found, tell: Callable[[Found], Iterable[Sentence]], *, as_json: bool
) -> None:
    """What would follow, as `organism.consequences/1` or in words; the exit code says where it would be refused."""
    document = {"schema": "organism.consequences/1", "act": act, "subject": subject, **found}
    told = (Sentence(f"{act} {safe_text(subject)}: {EFFECTS[act]}"), *tell(found))
    emit(document, lambda: "\n".join(map(_coloured, told)), as_json=as_json)
    if found.get("refused"):
        raise click.exceptions.Exit(REFUSED)


def say_before(ask: Callable[[], Found], tell: Callable[[Found], Iterable[Sentence]]) -> Found | None:
    """Say what follows on stderr; None where it cannot be known, which is no reason not to act. What refuses the act
    refuses it there, and is said once."""
    try:
        found = ask()
    except RefusedError:
        return None
    except OrganismError as error:
        say(f"what follows is not known: {safe_text(error.message, limit=200)}")
        return None
    for each in () if found.get("refused") else tell(found):
        say(each.text)
    return found


def _coloured(told: Sentence) -> str:
    return f"\x1b[33m{told.text}\x1b[0m" if told.tone == WARNING and colours.has_colours(sys.stdout) else told.text
