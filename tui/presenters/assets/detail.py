"""One asset in detail, as lines: why it is in its state (root cause first), lineage, versions, the last run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from causal_organism.wording.amounts import age, count, date_clock, duration
from causal_organism.wording.identities import short_id
from causal_organism.wording.safe_text import safe_name, safe_text
from tui.presenters.assets.config import config_lines, made_with
from tui.presenters.assets.listing import neighbours, version_name
from tui.presenters.assets.partitions import partition_lines
from tui.presenters.assets.versions import number_lines
from tui.presenters.lines import EMPTY, Line, fit_left, heading, indented, line, table_lines, word, wrapped
from tui.presenters.reasons import behind_text, cause_text
from tui.presenters.words import Document, asset_word, place_name
from tui.states import OK

_SHOWN, _SHOWN_SECOND_HOP, _SHOWN_VERSIONS = 7, 5, 3
_LABEL = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The versions of an asset, or how its partitions stand; None: not read, and `unread` is said in their place."""

    versions: Sequence[Document] | None = None
    partitions: Document | None = None
    unread: str = "reading ..."


def detail_lines(
    asset: Document,
    assets: Mapping[str, Document],
    history: History,
    now: datetime,
    width: int,
) -> tuple[Line, ...]:
    """Everything about one asset."""
    config = [*lines, EMPTY] if (lines := config_lines(asset, width)) else []
    versions, unread, is_in_parts = history.versions, history.unread, bool(asset.get("partitions"))
    made = (
        partition_lines(history.partitions, now, width, unread=unread)
        if is_in_parts
        else (_version_lines(versions, now, width, unread=unread))
    )
    return (
        *_head_lines(asset, now, width),
        EMPTY,
        *_why_lines(asset, now, width),
        EMPTY,
        *_lineage_lines(asset, assets, now, width),
        EMPTY,
        *config,
        *made,
        EMPTY,
        *([] if is_in_parts else number_lines(versions or (), width)),
        *_run_lines(asset, versions, now, width),
        *_fact_lines(asset, width),
    )


def _head_lines(asset: Document, now: datetime, width: int) -> list[Line]:
    made = f"made {age(asset['made_at'], now)} ago" if asset.get("made_at") else "never made"
    owners = ", ".join(safe_name(owner) for owner in asset.get("owners") or ()) or "nobody"
    tags = " ".join(_tags(asset.get("tags")))
    about = f"{safe_name(asset.get('kind', ''))}, owned by {owners}{', tags ' + tags if tags else ''}"
    lines = [
        line((safe_name(asset["key"]), "key"), "  ", word(asset_word(asset), 0), f"  {version_name(asset)}  {made}"),
        *(line(part) for part in wrapped(about, width)),
    ]
    if asset.get("partitions"):
        counts = ", ".join(f"{number} {status}" for status, number in asset["partitions"].items())
        lines += [line(part) for part in wrapped(f"partitions: {safe_text(counts)}", width)]
    if asset.get("description"):
        lines += [line((part, "dim")) for part in wrapped(safe_text(asset["description"], limit=400), width)]
    return lines


def _why_lines(asset: Document, now: datetime, width: int) -> list[Line]:
    reasons: list[tuple[str, str]] = []
    if attempt := asset.get("attempt"):
        said = safe_text(attempt.get("error") or "no reason recorded", limit=600)
        reasons.append(
            (
                "its checks" if attempt.get("of_head") else "last try",
                f"{safe_name(attempt.get('outcome', 'failed'))} {age(attempt.get('at'), now)} ago: {said}",
            )
        )
    reasons += [
        ("root cause", f"{safe_name(cause.get('key', ''))}: {cause_text(cause)}")
        for cause in asset.get("root_causes") or ()
        if cause.get("key") != asset["key"]
    ]
    reasons += [("blocked by", safe_name(key)) for key in asset.get("blocked_by") or ()]
    reasons += [(f"{each['use']} failed", _failed_text(each)) for each in asset.get("failed_upstream") or ()]
    reasons += [("cause", cause_text(cause)) for cause in asset.get("causes") or ()]
    state = asset_word(asset)
    if not reasons:
        behind = asset.get("behind")
        well = behind_text(behind) if behind else "up to date with everything it reads"
        return [
            heading("WHY"),
            *(line(f"  {part}") for part in wrapped(well if state == OK else "no cause recorded", width)),
        ]
    lines = [heading("WHY" if state == OK else f"WHY {state} (root cause first)")]
    for number, (label, text) in enumerate(reasons, 1):
        first, *rest = wrapped(text, max(20, width - _LABEL - 5))
        lines.append(line(f" {number:>2}. ", (label.ljust(_LABEL), "dim"), first))
        lines += [line(" " * (_LABEL + 5) + part) for part in rest]
    return lines


def _failed_text(upstream: Document) -> str:
    """What is read in the version before, because the last try to make it failed."""
    if upstream.get("of_head"):
        return safe_text(f"{place_name(upstream)}: did not pass its checks: {upstream.get('error')}", limit=600)
    outcome = "was rejected" if upstream.get("outcome") == "rejected" else "failed"
    return safe_text(f"{place_name(upstream)}: last attempt {outcome}: {upstream.get('error')}", limit=600)


def _lineage_lines(asset: Document, assets: Mapping[str, Document], now: datetime, width: int) -> list[Line]:
    name_width = max(12, min(44, width - 20))
    return [
        ((fit_left("READS", name_width + 4) + "STATE  AGE", "head"),),
        *(_hops(asset, assets, now, name_width, up=True) or [line("   nothing: it looks outside")]),
        heading("READ BY"),
        *(_hops(asset, assets, now, name_width, up=False) or [line("   nobody")]),
    ]


def _hops(asset: Document, assets: Mapping[str, Document], now: datetime, width: int, *, up: bool) -> list[Line]:
    """Its neighbours, those in trouble first, then those one step further, indented and each once."""
    near = sorted(neighbours(asset, assets, up=up), key=lambda key: key in assets and asset_word(assets[key]) == OK)
    further = dict.fromkeys(
        other for key in near if key in assets for other in neighbours(assets[key], assets, up=up) if other not in near
    )
    lines = [_hop(key, assets, now, width, depth=0) for key in near[:_SHOWN]]
    if len(near) > _SHOWN:
        lines.append(line((f"   ... {len(near) - _SHOWN} more ({'<' if up else '>'} lists all)", "dim")))
    lines += [_hop(key, assets, now, width, depth=1) for key in list(further)[:_SHOWN_SECOND_HOP]]
    if len(further) > _SHOWN_SECOND_HOP:
        lines.append(line((f"     ... {len(further) - _SHOWN_SECOND_HOP} more", "dim")))
    return lines


def _hop(key: str, assets: Mapping[str, Document], now: datetime, width: int, *, depth: int) -> Line:
    other = assets.get(key)
    name = fit_left("  " * depth + safe_name(key), width)
    if other is None:
        return line("   ", name, " ", ("not known here", "dim"))
    state = asset_word(other)
    shown = (f"{state:<6}", "") if state == OK else word(state)
    return line("   ", (name, "dim" if depth else ""), " ", shown, " ", age(other.get("made_at"), now))


def _version_lines(versions: Sequence[Document] | None, now: datetime, width: int, *, unread: str) -> list[Line]:
    if not versions:
        return [heading("VERSIONS"), *indented(unread if versions is None else "none yet", width)]
    rows = [_version_cells(version, now) for version in versions[:_SHOWN_VERSIONS]]
    more = len(versions) - len(rows)
    last = [line((f"   ... {more} more (V lists all)", "dim"))] if more else []
    return [*table_lines(("VERSION", "MADE", "RUN", "BY", "FROM"), rows, (9, 12, 8, 16)), *last]


def _version_cells(version: Document, now: datetime) -> tuple[str, ...]:
    marks = ("*" if version.get("head") else "") + ("p" if version.get("pinned") else "")
    inputs = [
        f"{safe_name(key)}@{(made or {}).get('version') or '-'}" for key, made in (version.get("inputs") or {}).items()
    ]
    inputs = [*made_with(version), *inputs]
    return (
        f"v{version.get('version')} {marks}".strip(),
        date_clock(version.get("made_at"), now),
        short_id(version.get("run") or "-"),
        safe_name(version.get("actor") or version.get("trigger") or "-"),
        safe_text(", ".join(inputs), limit=200),
    )


def _run_lines(asset: Document, versions: Sequence[Document] | None, now: datetime, width: int) -> list[Line]:
    facts = f"rows {count(asset.get('rows'))}   a make takes {duration(asset.get('estimate_s'))}"
    run, at = last_run(asset, versions), None
    if attempt := asset.get("attempt"):
        at = attempt.get("at")
    elif versions:
        at = versions[0].get("made_at")
    if run is None:
        return [line(facts)]
    return [line(("LAST RUN ", "head"), f"{short_id(run)}  {date_clock(at, now)}  (l opens it)"), line(facts)]


def _fact_lines(asset: Document, width: int) -> list[Line]:
    """Metadata by name; tables and Markdown on lines of their own."""
    facts, types = asset.get("metadata") or {}, asset.get("metadata_types") or {}
    lines: list[Line] = [EMPTY, heading("METADATA")] if facts else []
    for name, value in facts.items():
        label = (fit_left(safe_name(name), _LABEL), "dim")
        if types.get(name) == "table" and value:
            columns = list(dict.fromkeys(column for row in value for column in row))
            cells = [tuple(safe_text(str(row.get(column, "-")), limit=60) for column in columns) for row in value]
            shown = [safe_name(column) for column in columns]
            indent = line("    ")
            widths = [max(map(len, each)) + 1 for each in zip(shown, *cells, strict=True)][:-1]
            lines += [line("   ", label), *((*indent, *each) for each in table_lines(shown, cells, widths))]
        else:
            parts = [
                part for text in str(value).splitlines() for part in wrapped(safe_text(text, limit=400), width - 18)
            ]
            lines += [
                line("   ", label if not at else " " * _LABEL, " ", part) for at, part in enumerate(parts or ["-"])
            ]
    return lines


def last_run(asset: Document, versions: Sequence[Document] | None) -> str | None:
    """The id of the run that tried last to make it."""
    attempt = asset.get("attempt") or {}
    run = attempt.get("run") or (versions[0].get("run") if versions else None)
    return str(run) if run else None


def _tags(tags: Any) -> list[str]:
    pairs = tags.items() if isinstance(tags, Mapping) else ((tag, "") for tag in tags or ())
    return [safe_name(f"{name}={value}" if value else str(name)) for name, value in pairs]
