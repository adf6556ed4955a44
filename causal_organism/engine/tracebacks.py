"""Where an author's function broke: the place in their own code, for whoever reads the log."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Callable
from pathlib import Path

_OURS = str(Path(__file__).parents[1])
_PYTHONS = sysconfig.get_paths()["stdlib"]
_LIBRARIES = ("site-packages", "dist-packages", "<frozen", "<string")


def tell_place(error: BaseException, log: Callable[[str], None]) -> None:
    """`raised at FILE, line N, in FUNCTION`: the innermost place that is neither of this package nor of a library."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((_OURS, _PYTHONS)) and not any(each in frame.filename for each in _LIBRARIES)
    ]
    if frames:
        log(f"raised at {frames[-1].filename}, line {frames[-1].lineno}, in {frames[-1].name}")
