"""How failed attempts are told."""

from __future__ import annotations

from causal_organism.assets.outcomes import Outcome


def attempt_text(outcome: str, error: str | None) -> str:
    """How a try to make something ended, to be read after its name: `failed: …`, `was rejected: …`."""
    return f"{'was ' if outcome == Outcome.REJECTED else ''}{outcome}: {error}"
