"""The state words of the console: never a colour alone."""

from __future__ import annotations

OK, STALE, FAIL, RUN, RETRY = "OK", "STALE", "FAIL", "RUN", "RETRY"
WAIT, QUE, CXL, MISS, PAUSED, LATE = "WAIT", "QUE", "CXL", "MISS", "PAUSED", "LATE"
CXLING = "CXL.."  # it was asked to stop, and has not yet
UNFINISHED = frozenset({RUN, RETRY, WAIT, QUE, PAUSED, CXLING})
