"""The traceback of an author's function as text, for whoever reads the log: the frames of their own code first."""

from __future__ import annotations

import inspect
import linecache
import sysconfig
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from causal_organism.assets.storable import error_text, storable_text
from causal_organism.errors import OrganismError

MARK = "raised at "
"""How the first line of every traceback begins, by which it is found among the lines of a run."""

_OURS = str(Path(__file__).parents[1])
_PYTHONS = sysconfig.get_paths()["stdlib"]
_LIBRARIES = ("site-packages", "dist-packages", "<frozen", "<string")
_MOST_FRAMES = 40  # of each kind; of more, as of an endless recursion, the first and the last
_MOST_ERRORS = 8

Frames = Sequence[traceback.FrameSummary]


def log_traceback(error: BaseException, log: Callable[[str], None], function: Callable[..., Any] | None) -> None:
    """Log the traceback, unless it is an error of ours that names what is wrong, raised in none of an author's lines.

    `function` is the asset's: what is in its package is own code, also where that is installed.
    """
    package = _package_of(function)
    if not isinstance(error, OrganismError) or any(_own(_frames(each), package) for each in _chain(error)):
        log(traceback_text(error, function))


def traceback_text(error: BaseException, function: Callable[..., Any] | None = None) -> str:
    """Where it was raised, then the frames of the author's own code, then those of libraries, then what caused it.

    Frames stand in order of their calls, as in Python: the innermost last. A line begins with nothing that steers a
    terminal, but its text is the author's: whoever shows it makes it safe.
    """
    linecache.checkcache()  # the author edits and runs again in one process
    lines: list[str] = []
    package = _package_of(function)
    for number, each in enumerate(_chain(error)):
        frames = _frames(each)
        own = _own(frames, package)
        shown = (own or frames)[-1:]
        if not number:
            place = f"{shown[0].filename}, line {shown[0].lineno}, in {shown[0].name}" if shown else "an unknown line"
            lines.append(f"{MARK}{place}")
        said = error_text(each, logged=True)
        lines.append(f"caused by {said}" if number else said)
        lines += _shown(own)
        rest = _libraries(frames, own)
        if rest:
            lines += ["  in libraries:", *_shown(rest)] if own else _shown(rest)
    return storable_text("\n".join(lines))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, the errors that it is a group of, and what caused it, each once."""
    waiting, seen = [error], set[int]()
    while waiting and len(seen) < _MOST_ERRORS:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions
        cause = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
        if cause is not None:
            waiting.append(cause)


def _frames(error: BaseException) -> Frames:
    return traceback.extract_tb(error.__traceback__)


def _own(frames: Frames, package: str | None) -> list[traceback.FrameSummary]:
    """Those of the author's package, and others that are neither of ours nor of a library."""
    return [
        frame
        for frame in frames
        if (package is not None and frame.filename.startswith(package))
        or not (frame.filename.startswith((_OURS, _PYTHONS)) or any(each in frame.filename for each in _LIBRARIES))
    ]


def _package_of(function: Callable[..., Any] | None) -> str | None:
    """The folder of the top-level package that a function is in, or its file; None where it is ours or unknown."""
    code = getattr(inspect.unwrap(function), "__code__", None) if function is not None else None
    if code is None or code.co_filename.startswith(_OURS):
        return None
    file = Path(code.co_filename)
    levels = len((getattr(function, "__module__", None) or "").split(".")) - 1 + (file.name == "__init__.py")
    return f"{file.parents[levels - 1]}/" if 0 < levels <= len(file.parents) else str(file)


def _libraries(frames: Frames, own: Frames) -> list[traceback.FrameSummary]:
    """The others, without those of ours that only called the author's function."""
    called_from = next((at for at, frame in enumerate(frames) if frame in own), 0)
    return [frame for frame in frames[called_from:] if frame not in own]


def _shown(frames: Frames) -> list[str]:
    lines: list[str] = []
    for at, frame in enumerate(frames):
        if _MOST_FRAMES // 2 <= at < len(frames) - _MOST_FRAMES // 2:
            if at == _MOST_FRAMES // 2:
                lines.append(f"  ... {len(frames) - _MOST_FRAMES} more frames")
            continue
        lines.append(f"  {frame.filename}, line {frame.lineno}, in {frame.name}")
        if frame.line:
            lines.append(f"      {frame.line}")
    return lines
