"""How many examples of a law are drawn."""

from __future__ import annotations

from hypothesis import settings

FEW = 10


def examples(count: int) -> settings:
    """Settings of a law that asks for so many; it gets few in the profile `few`, for somebody who waits for it."""
    usual = settings.default.max_examples if settings.default else count
    return settings(max_examples=min(count, FEW) if usual == FEW else count)
