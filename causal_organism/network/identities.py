"""When two ids may mean one person, and the aliases that say that they do.

Ids are compared exactly everywhere. Those that differ only in case, outer blanks, Unicode form or invisible characters
are near-duplicates: they are named, and joined by an alias only.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from causal_organism.network.interactions import Interaction, Refusal, refuse, to_fields

Pair = tuple[str, str]

MOST_PAIRS = 1000
_DOTTED_I = "i\u0307"  # what lower case makes of the Turkish capital
_ALIKE = str.maketrans({"\u0131": "i"} | dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"))
"""Of letters and hyphens that normal forms keep apart: which one is typed for them."""


def fold_id(text: str) -> str:
    """What near-duplicates have in common: no invisible characters, one blank for several, no case."""
    folded = unicodedata.normalize("NFKC", clean_id(text)).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).replace(_DOTTED_I, "i").translate(_ALIKE).split())


def clean_id(text: str) -> str:
    """The id without outer blanks and invisible characters; all else as it is."""
    if text.isascii():
        return text.strip()
    return "".join(letter for letter in text if unicodedata.category(letter) != "Cf").strip()


@dataclass(slots=True)
class NearDuplicates:
    """Finds near-duplicates among ids that come one by one. Memory: the distinct ids.

    An id with outer blanks or invisible characters is paired with its clean form, whether that was seen or not.
    """

    count: int = 0
    pairs: list[Pair] = field(default_factory=list)  # the first MOST_PAIRS; of each the id that was seen first
    _first: dict[str, str] = field(default_factory=dict)  # by folded id
    _seen: set[str] = field(default_factory=set)

    def know(self, ids: Iterable[str]) -> None:
        """Ids that were there before: they are compared with, and not named with each other."""
        for each in ids:
            self._seen.add(each)
            self._first.setdefault(fold_id(each), each)

    def add(self, person: str) -> None:
        if person in self._seen:
            return
        self._seen.add(person)
        first = self._first.setdefault(fold_id(person), person)
        if first != person:
            self._note((first, person))
        elif (clean := clean_id(person)) not in (person, ""):
            self._note((clean, person))
            self._first[fold_id(person)] = clean
            self._seen.add(clean)

    def _note(self, pair: Pair) -> None:
        self.count += 1
        if len(self.pairs) < MOST_PAIRS:
            self.pairs.append(pair)


def near_duplicates(ids: Iterable[str], *, known: Iterable[str] = ()) -> NearDuplicates:
    """Near-duplicates among `ids`, and of them with `known` ones."""
    found = NearDuplicates()
    found.know(known)
    for each in ids:
        found.add(each)
    return found


@dataclass(frozen=True, slots=True)
class Aliases:
    """Other spellings of ids, each with the id that it stands for. Exact: nothing is folded."""

    ids: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.ids)

    def id_of(self, text: str) -> str:
        return self.ids.get(text, text)

    def joined(self, read: Interaction | Refusal) -> Interaction | Refusal:
        """The interaction between the people that its ids stand for; refused as `self` where they are one."""
        if not self.ids or isinstance(read, Refusal):
            return read
        source, target = self.ids.get(read.source, read.source), self.ids.get(read.target, read.target)
        if source == target:
            return refuse(to_fields(read), entry=read.entry, reason="self")
        return read._replace(source=source, target=target)
