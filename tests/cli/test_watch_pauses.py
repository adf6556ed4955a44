"""Between two looks, however far apart, the watcher says often enough that it goes on."""

from __future__ import annotations

import pytest

from causal_organism.cli.watching.watch import pauses
from causal_organism.embedded.servers.watch import SILENT_S


@pytest.mark.parametrize("seconds", [0.5, 30.0, 60.0, 90.0, 600.0, 3605.0])
def test_the_wait_for_the_next_look_has_no_part_in_which_the_watcher_is_missed(seconds: float) -> None:
    found = list(pauses(seconds))
    assert sum(found) == pytest.approx(seconds)
    assert max(found) <= SILENT_S / 2
    assert min(found) > 0
