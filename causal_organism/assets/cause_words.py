"""Causes and failed attempts as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from causal_organism.assets.keys import label_of, partition_text


def cause_text(cause: Mapping[str, Any]) -> str:
    """One cause, as it stands in a document, in words."""
    kind, was, now = cause["kind"], cause["was"], cause["now"]
    source = label_of(cause["input"] or "", partition_text(cause.get("partition")))
    if kind == "input-changed":
        return f"{source} changed: {was if was is not None else 'missing'} -> {now if now is not None else 'missing'}"
    words = {
        "never-made": "never made",
        "code-changed": f"code changed: {was} -> {now}",
        "input-added": f"{source} is a new input",
        "input-removed": f"{source} is no input any more",
        "too-old": f"made {was}, due {now}" if "T" in str(was) else f"{was} old, {now} allowed",
        "check-failed": now or "a blocking check rejected the last make",
        "pinned": f"pinned at {was}",
    }
    return str(words.get(kind, kind))


def attempt_text(outcome: str, error: str | None) -> str:
    """How a try to make something ended, to be read after its name: `failed: …`, `was rejected: …`."""
    return f"{'was ' if outcome == 'rejected' else ''}{outcome}: {error}"
