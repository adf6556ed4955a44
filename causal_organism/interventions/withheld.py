"""Why something is not proposed, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from causal_organism.causal.verdicts import REASONS
from causal_organism.documents.proposals import Withheld

OVER_LIMIT = "over-limit"

WITHHELD = {
    "too-small": "the expected change is smaller than what matters, or may well be a harm",
    "guardrail": "another outcome is expected to be harmed",
    "guardrail-undeclared": "an outcome seems to move, and which way it is better is not declared",
    "possible-harm": "with the others in the team, the change is expected to be a harm",
    "pilot-harmful": "a pilot by lot found that it harms",
    "pilot-no-effect": "a pilot by lot found that it changes nothing that matters",
    "awaited": "a pilot by lot has ended, and its last weeks are not measured yet",
    "suspended": "the last two of its type did not do what was expected of them",
    "done": "it was done and measured: it works",
    "another-change": "another change of what the same people do is worth more",
    "undeclared": "nobody has said which way the outcome is better",
    "nobody-left": "too few people or teams are left that could still be given it",
    "cost-undeclared": "hours are limited, and how many it takes is not declared (cost_h of the treatment)",
    OVER_LIMIT: "the declared limits leave no room for it beside what is worth more",
}


def withhold(about: str, reason: str) -> Withheld:
    return {"about": about, "reason": reason, "text": WITHHELD[reason]}


def doubted(about: str, reasons: Iterable[str], words: Mapping[Any, str] = REASONS) -> Withheld:
    """`reasons`: the verdict, then its reason codes, which `words` explains."""
    verdict, *codes = reasons
    known = [words.get(code.split(":")[0], f"the check {code} failed") for code in codes]
    text = f"the effect is {verdict}" + (f": {'; '.join(known)}" if known else "")
    return {"about": about, "reason": " ".join([verdict, *codes]), "text": text}
