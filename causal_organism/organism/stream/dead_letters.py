"""Interactions that were refused: look at them, send them again after a fix, or drop them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from causal_organism.documents.stream import DeadLettersDocument, LetterRow
from causal_organism.errors import RequestError
from causal_organism.network.interactions import Interaction, parse, to_fields
from causal_organism.ports import DeadLetter, Organism

SCHEMA = "organism.dead-letters/1"
RETRIED_AS = "dead-letter:"
"""What a sender's id begins with that is given to an entry without one, so that sending it twice adds it once."""


def load_dead_letters(organism: Organism, *, limit: int | None = None) -> DeadLettersDocument:
    """organism.dead-letters/1, oldest first."""
    return {"schema": SCHEMA, "entries": [_document(each) for each in organism.stream.read_dead_letters(limit)]}


def retry_dead_letters(
    organism: Organism, ids: Sequence[str] | None, *, edits: Mapping[str, str] | None = None, actor: str
) -> DeadLettersDocument:
    """Judge letters again, with these fields in place of their own, and put the good ones into the stream.

    organism.dead-letters/1 of those that stay, each with its reason now, and `retried`: ids that went. Killed in
    between it can be repeated: what was sent already counts as a duplicate.
    """
    organism.settings.refuse_changes()
    now_us = int(organism.now().timestamp() * 1_000_000)
    good: dict[str, Interaction] = {}
    stay: list[LetterRow] = []
    for letter in _chosen(organism, ids):
        found = _judge(letter, edits or {}, now_us)
        if isinstance(found, Interaction):
            good[letter.id] = found
        else:
            stay.append({**_document(letter), "reason": found})
    if good:
        organism.stream.append([_sent_again(entry, each) for entry, each in good.items()])
        _remove(organism, list(good), "dead-letters.retry", actor=actor, edits=edits)
    return {"schema": SCHEMA, "entries": stay, "retried": list(good)}


def drop_dead_letters(organism: Organism, ids: Sequence[str] | None, *, actor: str) -> DeadLettersDocument:
    """Remove letters for good. organism.dead-letters/1 of those that are left, and `dropped`."""
    organism.settings.refuse_changes()
    gone = [each.id for each in _chosen(organism, ids)]
    if gone:
        _remove(organism, gone, "dead-letters.drop", actor=actor)
    return {**load_dead_letters(organism), "dropped": gone}


def _chosen(organism: Organism, ids: Sequence[str] | None) -> list[DeadLetter]:
    """Letters with these ids; None: all of them."""
    letters = {each.id: each for each in organism.stream.read_dead_letters()}
    if ids is None:
        return list(letters.values())
    unknown = [each for each in ids if each not in letters]
    if unknown:
        raise RequestError(f"no dead letter has the id {unknown[0]}", hint="`organism dead-letters` lists them")
    return [letters[each] for each in dict.fromkeys(ids)]


def _judge(letter: DeadLetter, edits: Mapping[str, str], now_us: int) -> Interaction | str:
    """The interaction that it is now, or why it is none."""
    if letter.reason == "too-large":
        return "too-large"  # only its beginnings were kept
    found = parse({**letter.fields, **edits}, entry=letter.id, now_us=now_us)
    return found if isinstance(found, Interaction) else found.reason


def _sent_again(entry: str, interaction: Interaction) -> dict[str, str]:
    return {"id": RETRIED_AS + entry, **to_fields(interaction)}


def _remove(
    organism: Organism, ids: list[str], action: str, *, actor: str, edits: Mapping[str, str] | None = None
) -> None:
    """In the archive first, so that no pulse writes them again."""
    organism.archive.drop_refusals(ids)
    organism.stream.drop_dead_letters(ids)
    detail = {"ids": ids, "edits": dict(edits)} if edits else {"ids": ids}
    organism.ledger.audit(actor=actor, action=action, subject=ids[0], detail=detail, at=organism.now())


def _document(letter: DeadLetter) -> LetterRow:
    return {"id": letter.id, "reason": letter.reason, "fields": dict(letter.fields)}
