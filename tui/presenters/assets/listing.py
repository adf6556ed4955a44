"""The list of assets from the document `assets`: rows, flat or as a tree of groups."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from causal_organism.wording.amounts import age, moment
from causal_organism.wording.safe_text import safe_name, safe_text
from tui.presenters.reasons import behind_text, cause_text
from tui.presenters.rows import Column, Row
from tui.presenters.words import Document, asset_word, number_text, tone_of, worked_out
from tui.states import FAIL, MISS, OK, RUN, STALE

COLUMNS = (
    Column(name="ASSET", share=3),
    Column(name="STATE", width=6, state=True),
    Column(name="AGE", width=5, right=True, at=age),
    Column(name="VER", width=9, right=True),
    Column(name="CAUSE", share=4, from_width=66),
)
GROUP = "group:"
_WORST = (FAIL, RUN, STALE, MISS, OK)


def by_key(document: Document | None) -> dict[str, Document]:
    """Key -> asset."""
    return {} if document is None else worked_out(document, _by_key)


def states(document: Document | None) -> dict[str, int]:
    """State word -> number of assets."""
    return {} if document is None else worked_out(document, _states)


def asset_rows(document: Document | None) -> tuple[Row, ...]:
    """A row per asset, in the document's topological order."""
    return () if document is None else worked_out(document, _flat)


def tree_rows(document: Document | None, closed: Collection[str]) -> tuple[Row, ...]:
    """Rows under a heading per group; groups in `closed` show their heading only."""
    if document is None:
        return ()
    if not closed:
        return worked_out(document, _opened)
    rows: list[Row] = []
    for group, (heading, closed_heading, members) in worked_out(document, _groups).items():
        if heading is not None and closed_heading is not None:
            rows.append(closed_heading if group in closed else heading)
        if group not in closed:
            rows.extend(members)
    return tuple(rows)


def _by_key(document: Document) -> dict[str, Document]:
    return {str(asset["key"]): asset for asset in document.get("assets", ())}


def _states(document: Document) -> dict[str, int]:
    found: dict[str, int] = {}
    for asset in document.get("assets", ()):
        state = asset_word(asset)
        found[state] = found.get(state, 0) + 1
    return found


def _flat(document: Document) -> tuple[Row, ...]:
    return tuple(_row(asset) for asset in document.get("assets", ()))


def _opened(document: Document) -> tuple[Row, ...]:
    groups = worked_out(document, _groups).values()
    return tuple(row for heading, _, rows in groups for row in ((heading, *rows) if heading is not None else rows))


def _groups(document: Document) -> dict[str, tuple[Row | None, Row | None, tuple[Row, ...]]]:
    """Group -> (its heading while it is open, while it is closed, the rows under it); "": without a heading."""
    groups: dict[str, list[Document]] = {}
    for asset in document.get("assets", ()):
        groups.setdefault(str(asset.get("group") or ""), []).append(asset)
    return {
        group: (
            _heading(group, members, closed=False) if group else None,
            _heading(group, members, closed=True) if group else None,
            tuple(_row(asset, under=group) for asset in members),
        )
        for group, members in groups.items()
    }


def why(asset: Document) -> str:
    """The cause in a few words: what failed, what blocks it, else why it is out of date."""
    attempt, blocked = asset.get("attempt"), asset.get("blocked_by") or ()
    if attempt:
        return safe_text(
            f"{attempt.get('outcome', 'failed')}: {attempt.get('error') or 'no reason recorded'}", limit=200
        )
    if blocked and asset.get("status") != "fresh":
        return "blocked by " + ", ".join(safe_name(key) for key in blocked)
    if behind := asset.get("behind"):
        return behind_text(behind)
    causes = [cause_text(cause) for cause in asset.get("causes") or ()]
    more = f" (+{len(causes) - 1})" if len(causes) > 1 else ""
    return causes[0] + more if causes else ""


def version_name(asset: Document) -> str:
    """`v12`, with a `p` where it is pinned; of an asset with partitions, how many are fresh: `5/8`."""
    if parts := asset.get("partitions"):
        return f"{parts.get('fresh', 0)}/{sum(parts.values())}"
    number = asset.get("version")
    return number_text(number, "v") + ("p" if asset.get("pinned") else "")


def neighbours(asset: Document, assets: Mapping[str, Document], *, up: bool) -> tuple[str, ...]:
    """Keys one step up or down."""
    if up:
        return tuple(asset.get("upstream") or ())
    if asset.get("downstream") is not None:
        return tuple(asset["downstream"])
    return tuple(key for key, other in assets.items() if asset["key"] in (other.get("upstream") or ()))


def _row(asset: Document, *, under: str = "") -> Row:
    state, key = asset_word(asset), str(asset["key"])
    shown = key.removeprefix(under + "/") if under else key
    made_at = moment(asset.get("made_at"))
    cause = why(asset)
    return Row(
        key=key,
        cells=(
            ("  " if under else "") + safe_name(shown),
            state,
            safe_name(asset.get("made_at") or ""),  # told as an age when it is drawn
            version_name(asset),
            cause,
        ),
        tone=tone_of(state),
        order=(
            key.lower(),
            _WORST.index(state),
            -made_at.timestamp() if made_at else None,
            asset.get("version"),
            cause.lower(),
        ),
        fault=state != OK,
    )


def _heading(group: str, members: Sequence[Document], *, closed: bool) -> Row:
    words = [asset_word(member) for member in members]
    worst = next(state for state in _WORST if state in words)
    name = f"{'▸' if closed else '▾'} {safe_name(group)}" + (f" ({len(members)})" if closed else "")
    state = worst if closed else ""
    return Row(
        key=GROUP + group,
        cells=(name, state, str(words.count(worst)) if closed and worst != OK else "", "", ""),
        tone=tone_of(state),
        fault=worst != OK,
        heading=True,
    )
