"""The page about interactions says what the door does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from causal_organism.network.interactions import OPTIONAL, REASONS, REQUIRED, Interaction, Refusal, parse

PAGE = (Path(__file__).parents[2] / "docs" / "interactions.md").read_text()
(ACCEPTED,) = re.findall(r"```jsonl accepted\n(.*?)```", PAGE, re.DOTALL)
ROWS = re.findall(r"^\| `([a-z-]+)` \| (.*?) \|(.*)\|$", PAGE.partition("## What is refused")[2], re.MULTILINE)
NOW_US = 1_790_000_000_000_000


@pytest.mark.parametrize("line", ACCEPTED.splitlines())
def test_what_is_shown_as_an_interaction_is_one(line: str) -> None:
    found = parse(json.loads(line), entry="1-0", now_us=NOW_US)
    assert isinstance(found, Interaction)
    assert (found.source, found.target, found.at_us // 1_000_000) == ("ana", "ben", 1_770_107_400)


def test_every_field_and_reason_stands_there() -> None:
    assert re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[^|]*)\| (?:yes|no) \|", PAGE, re.MULTILINE))) == [
        *REQUIRED,
        *OPTIONAL,
    ]
    assert {reason for reason, _, _ in ROWS} == set(REASONS)


@pytest.mark.parametrize(("reason", "example"), [(reason, text.strip()) for reason, _, text in ROWS if text.strip()])
def test_what_is_shown_as_refused_is_refused_for_that(reason: str, example: str) -> None:
    found = parse(json.loads(example.strip("`")), entry="1-0", now_us=NOW_US)
    assert isinstance(found, Refusal)
    assert found.reason == reason
