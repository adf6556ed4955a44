"""Which column is which: names as people write them, what they might be mapped to, and what is missing."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from causal_organism.errors import OrganismError, RequestError
from causal_organism.organism.files.opening import BAD_HEADER

_PARTS = re.compile(r"[\s_\-./]+")
_SHOWN_NAMES = 30

_OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "source": ("from", "sender", "sender_email", "from_user", "author", "src", "organizer", "organiser", "caller"),
    "target": ("to", "recipient", "recipients", "receiver", "to_user", "dst", "dest", "attendee", "callee"),
    "at": ("time", "timestamp", "date", "datetime", "ts", "sent", "sent_at", "created_at", "when", "start"),
    "kind": ("type", "channel", "medium", "event_type"),
    "weight": ("count", "n", "strength"),
    "duration_s": ("duration", "seconds", "duration_seconds", "length"),
    "id": (
        "employee_id", "employee", "person_id", "user_id", "worker_id", "emp_id", "personnel_number", "staff_id",
        "message_id", "email", "e_mail", "mail", "user", "username", "person",
    ),
    "name": ("worker", "full_name", "employee_name", "preferred_name", "display_name", "legal_name"),
    "team": (
        "supervisory_organization", "department", "dept", "organization", "organisation", "org_unit", "unit", "group",
        "cost_center", "cost_centre", "division",
    ),
    "manager": ("manager_id", "supervisor", "supervisor_id", "reports_to", "boss", "line_manager"),
    "role": ("job_title", "title", "position", "job", "job_profile", "function"),
    "level": ("grade", "job_level", "band", "seniority", "management_level"),
    "site": ("location", "office", "work_location", "city", "country"),
    "started_on": ("hire_date", "start_date", "start", "hired_on", "original_hire_date", "joined", "date_of_joining"),
    "ended_on": ("termination_date", "end_date", "left_on", "leave_date", "last_day", "last_day_of_work", "end"),
    "fte": ("fte_%", "fte_percent", "full_time_equivalent", "workload", "time_type", "percent"),
    "week": ("iso_week", "calendar_week", "kw", "date", "period", "week_of"),
    "alias": ("other", "from", "old", "theirs", "spelling"),
}  # fmt: skip


STATUSES = ("status", "employment_status", "worker_status", "employee_status", "active", "is_active")
"""Columns that say that somebody left, and not when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The columns of a file. `names`: ours, or theirs where nobody knows it, or None for one that is left out."""

    found: tuple[str, ...]
    names: tuple[str | None, ...]


def fold_name(name: str) -> str:
    """A column's name without case, invisible characters and outer blanks; what parts its words is `_`."""
    visible = "".join(letter for letter in name if unicodedata.category(letter) != "Cf")
    return _PARTS.sub("_", unicodedata.normalize("NFKC", visible).strip().casefold()).strip("_")


def read_header(
    where: str, found: Sequence[str], known: Sequence[str], *, columns: Mapping[str, str], error: type[OrganismError]
) -> Header:
    """Names as they are known, whatever their case. `columns`: their name -> ours, from `--map`.

    Raises:
        error: two columns have one name (`bad-header`), or the map names a column that is not there.
    """
    mapped = {fold_name(theirs): ours for theirs, ours in columns.items()}
    missing = [theirs for theirs in columns if fold_name(theirs) not in map(fold_name, found)]
    if missing:
        raise error(f"{where} has no column {missing[0]!r}, which --map names; it has {listed(found)}", code=BAD_HEADER)
    names = [mapped.get(fold_name(each), each.strip()) for each in found]
    by_fold = {fold_name(each): each for each in known}
    ours = [by_fold.get(fold_name(each), each) for each in names]
    for place, name in enumerate(ours):
        if name and name in ours[:place]:
            first = ours.index(name)
            spelled = "" if found[first] == found[place] else f" ({found[first]!r} and {found[place]!r})"
            raise error(
                f"{where} has the column {name!r} twice: columns {first + 1} and {place + 1}{spelled}",
                hint="leave one of them out",
                code=BAD_HEADER,
                column=place + 1,
            )
    return Header(found=tuple(each.strip() for each in found), names=tuple(name or None for name in ours))


def require(where: str, header: Header, required: Sequence[str], known: Sequence[str], what: str) -> None:
    """Refuse a header that lacks a column, once, with what was found and what it might be mapped to.

    Raises:
        RequestError: `bad-header`.
    """
    missing = [name for name in required if name not in header.names]
    if missing:
        raise RequestError(
            f"{where} has no {'column' if len(missing) == 1 else 'columns'} {', '.join(missing)}; it has "
            f"{listed(header.found)}; {what} needs {', '.join(required)}",
            hint=map_hint([each for each in header.found if fold_name(each) not in known], known),
            code=BAD_HEADER,
        )


def suggest(name: str, known: Sequence[str]) -> str | None:
    """What a column that nobody knows may be of those that are known."""
    folded = fold_name(name)
    for ours in known:
        if folded in _OTHER_NAMES.get(ours, ()) or folded.rstrip("_%") in _OTHER_NAMES.get(ours, ()):
            return ours
    close = difflib.get_close_matches(folded.rstrip("_%"), known, n=1, cutoff=0.7)
    return close[0] if close else None


def map_hint(unknown: Sequence[str], known: Sequence[str]) -> str:
    """How to say what these columns are, each as one of ours that is still free: the lines of a map."""
    free, pairs = list(known), []
    for theirs in unknown:
        if ours := suggest(theirs, free):
            pairs.append(f"{theirs},{ours}")
            free.remove(ours)
    if not pairs:
        return f"say what they are with --map FILE (CSV `theirs,ours`); ours are {', '.join(known)}"
    return "--map FILE (CSV) may say: theirs,ours; " + "; ".join(pairs[:_SHOWN_NAMES])


def listed(names: Sequence[str]) -> str:
    """Names that were found, shortened where there are many."""
    shown = [each.strip()[:60] for each in names[:_SHOWN_NAMES]]
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return (", ".join(shown) or "nothing") + more
