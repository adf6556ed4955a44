"""When two ids may mean one person."""

from __future__ import annotations

import pytest

from causal_organism.network.identities import Aliases, near_duplicates
from causal_organism.network.interactions import MILLION, Interaction, Refusal


@pytest.mark.parametrize(
    ("ids", "pairs"),
    [
        (["Ana@X.org", "ana@x.org"], [("Ana@X.org", "ana@x.org")]),
        (["ana", " ana"], [("ana", " ana")]),
        ([" ana", "ana"], [("ana", " ana")]),
        (["josé", "jose\u0301"], [("josé", "jose\u0301")]),
        (["ana", "a\u200bna"], [("ana", "a\u200bna")]),
        (["straße", "STRASSE"], [("straße", "STRASSE")]),
        (["ana lo", "ana\u00a0 lo"], [("ana lo", "ana\u00a0 lo")]),
        (["\u0130lknur", "ilknur"], [("\u0130lknur", "ilknur")]),  # the Turkish capital and small letters
        (["IRMAK", "\u0131rmak"], [("IRMAK", "\u0131rmak")]),
        (["jean-luc", "jean\u2011luc"], [("jean-luc", "jean\u2011luc")]),
        (["ana", "ann", "00123", "123"], []),
        ([" ana "], [("ana", " ana ")]),  # nobody needs to be called so
        (["a", "A", "a", "A"], [("a", "A")]),
    ],
)
def test_ids_that_are_nearly_the_same_are_paired_once(ids: list[str], pairs: list[tuple[str, str]]) -> None:
    found = near_duplicates(ids)
    assert (found.pairs, found.count) == (pairs, len(pairs))


def test_ids_that_were_known_before_are_not_named_with_each_other() -> None:
    assert near_duplicates(["b"], known=["a", "A"]).pairs == []
    assert near_duplicates(["A", "B"], known=["a"]).pairs == [("a", "A")]


def interaction(source: str, target: str) -> Interaction:
    return Interaction("1-1", source, target, MILLION, "email", MILLION, None, None)


def test_an_alias_stands_for_one_person_at_both_ends() -> None:
    aliases = Aliases({"Ana": "ana", "BEN": "ben"})
    assert aliases.joined(interaction("Ana", "BEN")) == interaction("ana", "ben")
    assert aliases.joined(interaction("ana", "cy")) == interaction("ana", "cy")
    refused = aliases.joined(interaction("Ana", "ana"))
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.fields["source"]) == ("self", "Ana")
