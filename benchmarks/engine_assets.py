"""100 assets that do nothing but hand on one number, as a chain and as layers; each round it is another number."""

from __future__ import annotations

from typing import Any

from benchmarks.engine_shapes import COUNT, above
from causal_organism.assets.definitions import Asset, AssetSpec

number = 0


def _first() -> int:
    return number


def _hand_on(before: int, **_: Any) -> int:
    return before


def _asset(at: int, reads: dict[str, str]) -> Asset:
    return Asset(
        (AssetSpec(key=f"a{at}", kind="derived", reads=reads, code_version="1", compute=_hand_on if reads else _first),)
    )


def _shaped(shape: str) -> tuple[Asset, ...]:
    names = ("before", "beside")
    return tuple(
        _asset(at, {name: f"a{other}" for name, other in zip(names, above(shape, at), strict=False)})
        for at in range(COUNT)
    )


CHAIN, LAYERS = _shaped("chain"), _shaped("layers")
