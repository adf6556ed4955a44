"""Do the roster and the outcomes speak of the same people?

What was found stands as a fact beside the imports, for the health of both, since an import of one changes the match of
the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from causal_organism.documents.imports import MatchFacts, Unmatched
from causal_organism.network.identities import NearDuplicates, near_duplicates

FACT = "import-matching"
LEAST_SHARE = 0.95
SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How many people of one table the other one knows. `rows`: of those that it does not know."""

    people: int
    unmatched: tuple[str, ...] = ()
    rows: int = 0

    @property
    def share(self) -> float:
        return 1 - len(self.unmatched) / self.people if self.people else 1.0

    def to_document(self) -> Unmatched:
        return {"unmatched": len(self.unmatched), "unmatched_examples": list(self.unmatched[:SHOWN])}


def match(ids: Sequence[str], others: Sequence[str]) -> Match:
    """`ids`: one per row, in any order, perhaps several times; `others` are the people that they should be among."""
    known = set(others)
    unknown = [each for each in ids if each not in known]
    return Match(people=len(set(ids)), unmatched=tuple(sorted(set(unknown))), rows=len(unknown))


def to_fact(roster: Sequence[str], measured: Sequence[str]) -> MatchFacts:
    """Health of `people` and `outcomes` as sentences, with what both count."""
    found = {"people": match(roster, measured), "outcomes": match(measured, roster)}
    return {
        name: {"people": each.people, "unmatched": len(each.unmatched), "warning": _sentence(name, each)}
        for name, each in found.items()
    }


def warnings(fact: MatchFacts | None, name: str) -> tuple[str, ...]:
    """What the health of `people` or `outcomes` says of the other."""
    found = None if fact is None else fact.get(name)
    return () if found is None or found["warning"] is None else (found["warning"],)


def _sentence(name: str, found: Match) -> str | None:
    if found.share >= LEAST_SHARE:
        return None
    counts = f"{len(found.unmatched)} of {found.people} people"
    if name == "people":
        return f"{counts} of the roster have no outcomes ({found.share:.0%} have)"
    return f"{counts} with outcomes are not in the roster ({found.share:.0%} are)"


def near_others(ids: Sequence[str], others: Sequence[str]) -> NearDuplicates:
    """Ids that are not among the others, but nearly."""
    return near_duplicates(dict.fromkeys(ids), known=others)
