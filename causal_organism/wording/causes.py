"""Causes of staleness as people read them: the command, the console and automation say the same words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from causal_organism.assets.keys import label_of, partition_text
from causal_organism.wording.safe_text import LINE_LIMIT, safe_name, safe_text

_FINGERPRINT = 16  # hexadecimal digits from which on a text is taken for a fingerprint, and shortened
_LONGEST = 24


def cause_text(cause: Mapping[str, Any]) -> str:
    """One cause, as it stands in a document, in words; safe to print."""
    kind = str(cause.get("kind", ""))
    about = cause.get("input")
    subject = safe_text(label_of(str(about), partition_text(cause.get("partition")))) if about else ""
    was, now = _short(cause.get("was")), _short(cause.get("now"))
    match kind:
        case "never-made":
            return "never made"
        case "code-changed":
            return _moved("code changed", was, now)
        case "input-changed":
            return _moved(f"{subject} changed", was or "missing", now or "missing")
        case "input-added":
            return f"{subject} is a new input"
        case "input-removed":
            return f"{subject} is no longer an input"
        case "too-old":
            return _too_old(was, now)
        case "check-failed":
            return safe_text(cause.get("now") or "a blocking check rejected the last make")
        case "pinned":
            return f"pinned at {was}" if was else "pinned"
    return safe_name(" ".join(part for part in (kind, subject) if part))


def _moved(what: str, was: str, now: str) -> str:
    return f"{what}: {was} -> {now}" if was and now and was != now else what


def _too_old(was: str, now: str) -> str:
    if not was or not now:
        return "too old"
    is_moment = "T" in was
    return f"made {was}, due {now}" if is_moment else f"{was} old, {now} allowed"


def _short(value: object) -> str:
    """A version, a moment or a duration; a fingerprint by its first eight digits."""
    if value is None or value == "":
        return ""
    if isinstance(value, Mapping):
        value = value.get("version") or value.get("fingerprint") or ""
    text = safe_text(value, limit=LINE_LIMIT)
    digits = text.rpartition(":")[2]
    if len(digits) >= _FINGERPRINT and all(character in "0123456789abcdef" for character in digits):
        return digits[:8]
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "~"
