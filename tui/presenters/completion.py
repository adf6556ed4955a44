"""What a command that is typed may become: names of commands and screens, keys of assets, ids of runs, contexts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from causal_organism.wording.identities import short_id
from causal_organism.wording.run_causes import run_name
from causal_organism.wording.safe_text import safe_name
from tui.presenters.lines import Line, Piece
from tui.presenters.overview.summary import Documents
from tui.typed import TYPED, typed_command

Offer = tuple[str, str]
"""What the prompt would say, and what that is where the text does not say it."""


def offers(typed: str, documents: Documents, contexts: Iterable[str]) -> tuple[Offer, ...]:
    """What begins so, and then what has that in it, in the order in which it is listed elsewhere."""
    name, blank, part = typed.partition(" ")
    if not blank:
        known = {each.name: each for each in TYPED}
        fitting = [known[each] for each in _fitting(name, known)]
        return tuple((each.name + (" " if each.wants_more else ""), each.usage) for each in fitting)
    if name == "asset":
        keys = [str(each["key"]) for each in (documents.get("assets") or {}).get("assets", ())]
        return tuple((f"asset {key}", "") for key in _fitting(part, keys))
    if name == "run":
        about = {str(each["id"]): run_name(each) for each in (documents.get("runs") or {}).get("runs", ())}
        found = (run for run in about if part.lower() in run.lower() or part.lower() in about[run].lower())
        return tuple((f"run {run}", f"{short_id(run)} {about[run]}") for run in found)
    if name == "ctx":
        return tuple((f"ctx {each}", "") for each in _fitting(part, contexts))
    return ()


def offer_line(typed: str, found: Sequence[Offer], taken: int | None, width: int) -> Line:
    """As many as fit, from the one that was taken on: `tab` takes the next; of what nobody can list, how it goes."""
    if not found:
        known = typed_command(typed.split(" ")[0]) if " " in typed else None
        if known is None or not known.argument:
            return ((" nothing begins so", "dim"),)
        return ((f" {known.usage}", "key"), (f"  {known.help}", "dim"))
    first = taken or 0
    pieces: list[Piece] = [(" tab", "key"), (f" {len(found)}  ", "dim")]
    room = width - sum(len(text) for text, _ in pieces)
    for at, (text, about) in enumerate(found[first:], first):
        shown = safe_name(about or text.partition(" ")[2] or text)
        if len(shown) + 2 > room:
            break
        pieces += [(shown, "match" if at == taken else ""), ("  ", "")]
        room -= len(shown) + 2
    return tuple(pieces)


def _fitting(part: str, names: Iterable[str]) -> list[str]:
    known, low = list(names), part.lower()
    begins = [each for each in known if each.lower().startswith(low)]
    return [*begins, *(each for each in known if low in each.lower() and each not in set(begins))]
