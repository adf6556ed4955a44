"""How fresh what is shown is, per source: `assets 2s · runs lost 40s`. *paused*, *slow* and *lost* are three words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from causal_organism.wording.amounts import short_duration
from causal_organism.wording.safe_text import safe_text
from tui.polling import Question, Standing
from tui.presenters.lines import Line, Piece, plain

_LABELS = {"status": "servers", "stats": "figures", "proposals": "interventions", "none": "reasons"}
_TONES = {Standing.SLOW: "warn", Standing.LOST: "bad", Standing.ERROR: "bad", Standing.READING: "dim"}
_WORST_FIRST = (Standing.LOST, Standing.ERROR, Standing.SLOW, Standing.READING, Standing.LIVE)
_FEW = 2  # sources that are named apart while all is well


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """One source. `age_s` is of its last good answer; None before the first."""

    name: str
    standing: Standing
    age_s: float | None
    more: str = ""  # behind the name, where it stands for others too

    @property
    def text(self) -> str:
        words = [label_of(self.name) + self.more]
        if self.standing is Standing.READING:
            return words[0] + " ..."
        if self.standing is not Standing.LIVE:
            words.append(self.standing)
        if self.age_s is not None:
            words.append(short_duration(self.age_s))
        return " ".join(words)


def freshness_of(question: Question, now: float, *, paused: bool = False) -> Freshness:
    """`paused`: nothing is asked for, so that an old answer is not one that takes long."""
    standing = question.standing(now)
    if paused and standing is Standing.SLOW and question.asked_at is None:
        standing = Standing.LIVE
    return Freshness(name=question.name, standing=standing, age_s=question.age_s(now))


def not_known(why: str) -> str:
    """What is said in place of something that was asked for in vain."""
    return f"not known: {safe_text(why, limit=300)}"


def label_of(name: str) -> str:
    """A source as the screens call it: `run:81bb90` is of one run."""
    plain = name.partition(":")[0]
    return _LABELS.get(plain, plain)


def freshness_line(sources: Sequence[Freshness], *, paused: bool, room: int = 1_000) -> Line:
    """Each source with its age; while all are as young as can be, many are one: `all 2s`.

    `room`: cells that there are. Where it takes more, those that stand alike are one: `runs +2 slow 7s`;
    where that does too, the worst of these is named alone.
    """
    full = _freshness_line(sources, paused=paused)
    if len(plain(full)) <= room:
        return full
    alike = [_alike([each for each in sources if each.standing is standing]) for standing in _WORST_FIRST]
    pieces: list[Piece] = [piece for piece in alike if piece is not None]
    while len(pieces) > 1 and sum(len(text) + 3 for text, _ in pieces) + 4 * paused > room:
        pieces.pop()
    told = [piece for each in pieces for piece in ((" · ", "dim"), each)][1:]
    return (*([("paused ", "warn")] if paused else []), *told)


def _alike(sources: Sequence[Freshness]) -> Piece | None:
    """Sources of one standing, by the name of the first and the age of the oldest."""
    if not sources:
        return None
    oldest = max(sources, key=lambda each: each.age_s or 0.0)
    more = f" +{len(sources) - 1}" if len(sources) > 1 else ""
    return (replace(sources[0], age_s=oldest.age_s, more=more).text, _TONES.get(sources[0].standing, ""))


def _freshness_line(sources: Sequence[Freshness], *, paused: bool) -> Line:
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
