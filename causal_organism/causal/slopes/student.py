"""Student's t: the level of intervals, critical values and p values."""

from __future__ import annotations

INTERVAL = 0.95


def two_sided(statistic: float, degrees: float) -> float:
    """P value of a t statistic."""
    from scipy.special import stdtr  # 0.2 s

    return float(2 * stdtr(max(degrees, 1.0), -abs(statistic)))


def quantile(share: float, degrees: float) -> float:
    """Of Student's t."""
    from scipy.special import stdtrit  # 0.2 s

    return float(stdtrit(max(degrees, 1.0), share))
