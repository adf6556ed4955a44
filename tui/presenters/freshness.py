"""How fresh what is shown is, per source: `assets 2s · runs lost 40s`. *paused*, *slow* and *lost* are three words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from causal_organism.wording.amounts import short_duration
from causal_organism.wording.safe_text import safe_text
from tui.polling import Question, Standing
from tui.presenters.lines import Line, Piece

_LABELS = {"status": "servers", "stats": "figures", "proposals": "interventions"}
_TONES = {Standing.SLOW: "warn", Standing.LOST: "bad", Standing.ERROR: "bad", Standing.READING: "dim"}
_FEW = 2  # sources that are named apart while all is well


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """One source. `age_s` is of its last good answer; None before the first."""

    name: str
    standing: Standing
    age_s: float | None

    @property
    def text(self) -> str:
        words = [label_of(self.name)]
        if self.standing is Standing.READING:
            return words[0] + " ..."
        if self.standing is not Standing.LIVE:
            words.append(self.standing)
        if self.age_s is not None:
            words.append(short_duration(self.age_s))
        return " ".join(words)


def freshness_of(question: Question, now: float) -> Freshness:
    return Freshness(
        name=question.name,
        standing=question.standing(now),
        age_s=question.age_s(now),
    )


def label_of(name: str) -> str:
    """A source as the screens call it: `run:81bb90` is of one run."""
    plain = name.partition(":")[0]
    return _LABELS.get(plain, plain)


def freshness_line(sources: Sequence[Freshness], *, paused: bool) -> Line:
    """Each source with its age; while all are as young as can be, many are one: `all 2s`."""
    bad = [each for each in sources if each.standing is not Standing.LIVE]
    good = [each for each in sources if each.standing is Standing.LIVE]
    named = [*good, *bad] if len(good) <= _FEW else bad
    pieces: list[Piece] = [("paused ", "warn")] if paused else []
    if len(good) > _FEW:
        oldest_s = max(each.age_s or 0.0 for each in good)
        named_good = "all" if not bad else "others"
        pieces.append((f"{named_good} {short_duration(oldest_s)}", ""))
    for each in named:
        if pieces and pieces[-1][0] != "paused ":
            pieces.append((" · ", "dim"))
        pieces.append((each.text, _TONES.get(each.standing, "")))
    return tuple(pieces)


def silence_text(lost: Sequence[Question], now: float) -> str:
    """Why something cannot be done now: the servers that it needs do not answer."""
    first = lost[0]
    since = "" if first.answered_at is None else f" for {short_duration(now - first.answered_at)}"
    return f"{', '.join(label_of(each.name) for each in lost)} lost{since}: {safe_text(first.why, limit=300)}"


def lost_words(lost: Sequence[Question], now: float) -> str:
    """`runs lost 40s, asked again in 4s: the Prefect server …`."""
    first = lost[0]
    names = ", ".join(label_of(each.name) for each in lost)
    waits = "asking again" if first.asked_at is not None else f"asked again in {int(first.retry_in_s(now) + 0.999)}s"
    return f"{names} lost, {waits}: {safe_text(first.why, limit=300)}"
