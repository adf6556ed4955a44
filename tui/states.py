"""The state words of the console: never a colour alone."""

from __future__ import annotations

OK, STALE, FAIL, RUN, RETRY = "OK", "STALE", "FAIL", "RUN", "RETRY"
WAIT, QUE, CXL, MISS, PAUSED = "WAIT", "QUE", "CXL", "MISS", "PAUSED"
UNFINISHED = frozenset({RUN, RETRY, WAIT, QUE, PAUSED})
