"""How failed attempts are told."""

from __future__ import annotations


def attempt_text(outcome: str, error: str | None) -> str:
    """How a try to make something ended, to be read after its name: `failed: …`, `was rejected: …`."""
    return f"{'was ' if outcome == 'rejected' else ''}{outcome}: {error}"
