"""The CollegeMsg messages, as they stand in the package."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from causal_organism.errors import RequestError
from causal_organism.network.interactions import parse, to_fields
from causal_organism.organism.stream.collegemsg import collegemsg_interactions


def test_all_messages_are_there_in_order_of_time() -> None:
    messages = list(collegemsg_interactions())
    assert len(messages) == 59_835
    assert len({person for each in messages for person in (each.source, each.target)}) == 1_899
    assert len({(each.source, each.target) for each in messages}) == 20_296
    assert len({each.sender_id for each in messages}) == len(messages)
    assert [each.at_us for each in messages] == sorted(each.at_us for each in messages)
    first, last = (datetime.fromtimestamp(messages[place].at_us / 1e6, UTC) for place in (0, -1))
    assert (first, last) == (datetime(2004, 4, 15, 14, 56, tzinfo=UTC), datetime(2004, 10, 26, 7, 52, tzinfo=UTC))


def test_messages_can_be_written_to_the_stream() -> None:
    first = next(collegemsg_interactions())
    assert parse(to_fields(first), entry="", now_us=2 * 10**15) == first


def test_without_the_package_the_hint_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(RequestError) as raised:
        next(collegemsg_interactions())
    assert raised.value.hint == "pip install 'causal-organism[datasets]'"
