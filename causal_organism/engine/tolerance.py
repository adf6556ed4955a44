"""Whether new content is the head's content but for float noise."""

from __future__ import annotations

import math
from typing import Any

from causal_organism.assets.definitions import AssetSpec
from causal_organism.assets.versions import Version
from causal_organism.engine.contents import load_value
from causal_organism.errors import DamagedValueError
from causal_organism.ports import Organism


def within_tolerance(organism: Organism, head: Version, value: Any, spec: AssetSpec) -> bool:
    """True if the asset declares a tolerance and every number is within it, relative, of the head's."""
    if spec.tolerance is None or not head.kept:
        return False
    try:
        return close(load_value(organism, head), value, spec.tolerance)
    except DamagedValueError:
        return False


def close(was: Any, now: Any, tolerance: float) -> bool:
    """Same shape, same texts and whole numbers, floats within a relative tolerance; not-a-number equals itself."""
    if isinstance(was, float) and isinstance(now, float):
        return (math.isnan(was) and math.isnan(now)) or math.isclose(was, now, rel_tol=tolerance, abs_tol=0.0)
    if isinstance(was, dict) and isinstance(now, dict):
        return was.keys() == now.keys() and all(close(was[name], now[name], tolerance) for name in was)
    if isinstance(was, list) and isinstance(now, (list, tuple)):
        return len(was) == len(now) and all(close(a, b, tolerance) for a, b in zip(was, now, strict=True))
    if type(was).__module__ == "numpy":
        return _close_arrays(was, now, tolerance)
    if type(was).__module__.partition(".")[0] == "pandas":
        return _close_frames(was, now, tolerance)
    return bool(was == now)


def _close_arrays(was: Any, now: Any, tolerance: float) -> bool:
    import numpy as np  # only where the value brought it along

    if type(now) is not type(was) or was.shape != now.shape:
        return False
    if was is now:  # as the ids of people are
        return True
    if was.dtype.kind == "f" and now.dtype.kind == "f":
        moved = was != now
        return bool(np.all(np.isclose(was[moved], now[moved], rtol=tolerance, atol=0.0, equal_nan=True)))
    return was.dtype.kind == now.dtype.kind and bool(np.all(was == now))


def _close_frames(was: Any, now: Any, tolerance: float) -> bool:
    if type(now) is not type(was) or not was.index.equals(now.index):
        return False
    if was.ndim == 1:
        return _close_arrays(was.to_numpy(), now.to_numpy(), tolerance)
    return list(was.columns) == list(now.columns) and all(
        _close_arrays(was.iloc[:, at].to_numpy(), now.iloc[:, at].to_numpy(), tolerance) for at in range(was.shape[1])
    )
