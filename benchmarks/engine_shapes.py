"""Which of 100 assets reads which, for ours and for Dagster's; without imports, since both load it."""

from __future__ import annotations

COUNT, WIDTH = 100, 10  # of the layers: 10 of 10, each asset reads two of the layer before


def above(shape: str, at: int) -> list[int]:
    """Numbers of the assets that asset `at` reads."""
    if shape == "chain":
        return [at - 1] if at else []
    layer, place = divmod(at, WIDTH)
    return [(layer - 1) * WIDTH + (place + step) % WIDTH for step in (0, 1)] if layer else []
