"""Causes of staleness as people read them: the command, the console and automation say the same words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from causal_organism.assets.code_parts import CONFIG
from causal_organism.assets.freshness import causes
from causal_organism.assets.keys import label_of
from causal_organism.documents.assets import CauseDocument, CheckDocument
from causal_organism.wording.safe_text import LINE_LIMIT, safe_name, safe_text

_FINGERPRINT = 16  # hexadecimal digits from which on a text is taken for a fingerprint
_LONGEST = 24
_PARTS = 3  # that are named of a change of code


def cause_text(document: CauseDocument) -> str:
    """One cause, as it stands in a document, in words; safe to print."""
    cause = causes.read_cause(document)
    if cause is None:
        return safe_name(" ".join(str(part) for part in (document.get("kind"), document.get("input")) if part))
    return text_of(cause)


def text_of(cause: causes.Cause) -> str:  # noqa: C901 - one case a type
    """One cause in words; safe to print."""
    match cause:
        case causes.NeverMade():
            return "never made"
        case causes.CodeChanged(was, now, what):
            return _code_text(was, now, what)
        case causes.InputChanged(name, before, after, partition):
            return f"{_input(name, partition)} changed{_moved(_short(before), _short(after))}"
        case causes.InputAdded(name, _, partition):
            return f"{_input(name, partition)} is a new input"
        case causes.InputRemoved(name, _, partition):
            return f"{_input(name, partition)} is no longer an input"
        case causes.TooOld(limit, was, now):
            return _age_text(limit, safe_text(was), safe_text(now))
        case causes.CheckFailed(_, checks):
            return f"did not pass {_some(checks)}" if checks else "a blocking check rejected the last make"
        case causes.CheckChanged(checks):
            named = _some(checks)
            return f"checks changed: {named}" if named else "checks changed"
        case causes.SettingMissing(variable):
            return f"{safe_text(variable)} is not set"
        case causes.ContentDamaged():
            return "its content is damaged"
        case causes.Pinned(version):
            return f"pinned at {version}" if version else "pinned"


def check_word(check: CheckDocument) -> str:
    """What the result of one check comes to."""
    return "passed" if check["passed"] else "rejected" if check["blocking"] else "warning"


def behind_text(stale: Sequence[str]) -> str:
    """Of an asset that is up to date, where what it was made from is not."""
    return f"up to date with what there is; {_some(stale)} {'is' if len(stale) == 1 else 'are'} stale"


def _input(name: str, partition: str) -> str:
    return safe_text(label_of(name, partition))


def _moved(was: str, now: str) -> str:
    return f": {was} -> {now}" if was != now else ""


def _code_text(was: str, now: str, what: Sequence[str]) -> str:
    """Names what differs; versions only where an author gave them. Fingerprints say nothing to people."""
    if what and all(each.startswith(CONFIG) for each in what):
        return f"config changed: {_some([each.removeprefix(CONFIG) for each in what])}"
    if what:
        return f"code changed: {_some(what)}"
    declared = was and now and not _is_fingerprint(was) and not _is_fingerprint(now)
    return f"code changed: {_short(was)} -> {_short(now)}" if declared else "code changed"


def _some(texts: Sequence[str]) -> str:
    named = ", ".join(safe_text(each) for each in texts[:_PARTS])
    return f"{named} and {len(texts) - _PARTS} more" if len(texts) > _PARTS else named


def _age_text(limit: causes.Limit | None, was: str, now: str) -> str:
    match limit:
        case causes.Limit.MAX_AGE:
            return f"{was} old, {now} allowed"
        case causes.Limit.DUE:
            return f"made {was}, due {now}"
        case None:
            return "too old"


def _short(seen: causes.Seen | Mapping[str, Any]) -> str:
    """A version of an input; a fingerprint by its first eight digits."""
    if isinstance(seen, Mapping):
        seen = seen.get("version") or seen.get("fingerprint")
    if seen is None or seen == "":
        return "missing"
    text = safe_text(seen, limit=LINE_LIMIT)
    if _is_fingerprint(text):
        return text.rpartition(":")[2][:8]
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "~"


def _is_fingerprint(text: str) -> bool:
    digits = text.rpartition(":")[2]
    return len(digits) >= _FINGERPRINT and all(character in "0123456789abcdef" for character in digits)
