"""What people read after `ingest` and `import`: what came in, and what they should look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from causal_organism.cli.output import say, table
from causal_organism.documents.imports import ImportDocument
from causal_organism.documents.stream import IngestDocument

_SHOWN = 20
_IDS = ("id", "manager")  # columns that aliases join

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def talk(document: IngestDocument) -> None:
    """On stderr: lines that were refused, what was found out about the files, and what may be wrong."""
    _say_some([f"{each['file']}, line {each['line']}: {each['reason']}" for each in document["refused"]],
              document["refused_count"])  # fmt: skip
    for each in document["files"]:
        if (about := _unusual(each)) is not None:
            say(f"{each['file']} was read as {about}")
    _say_some([f"suspicious: {each['file']}, line {each['line']}: {each['reason']}" for each in document["suspicious"]],
              document["suspicious_count"])  # fmt: skip
    _say_near([("id", pair) for pair in document["near_duplicates"]], document["near_duplicates_count"])


def text(document: IngestDocument) -> str:
    """On stdout: how much is in, or would be."""
    verb = "would be taken" if document["dry_run"] else "are in"
    lines = [f"{document['accepted']} of {document['read']} interactions {verb}"]
    if document["first_at"] is not None:
        lines[0] += f", from {document['first_at']} to {document['last_at']}"
    if "messages" in document:
        left_out = ", ".join(f"{count} {reason}" for reason, count in sorted(document["left_out"].items()))
        lines.append(f"{document['messages']} messages read; left out: {left_out or 'nothing'}")
    if "channels" in document:
        lines += [table(("CHANNEL", "INTERACTIONS"), list(document["channels"].items())[:_SHOWN])]
        rows = [(each["source"], each["target"], each["at"], each["kind"]) for each in document["first"]]
        lines += [table(("SOURCE", "TARGET", "AT", "KIND"), rows)]
    return "\n".join(filter(None, lines))


def talk_of_import(document: ImportDocument) -> None:
    """On stderr: what may be wrong with a table that was taken in."""
    found = document["warnings"]
    _say_some([f"line {each['line']}, column {each['column']}: {each['text']} ({each['code']})" for each in found],
              document["warnings_count"])  # fmt: skip
    if (about := _unusual(document)) is not None:
        say(f"the file was read as {about}")
    near = [(each["column"], each["values"]) for each in document["near_duplicates_examples"]]
    _say_near(near, document["near_duplicates_count"])
    if document["unmatched"]:
        other = "have no outcomes" if document["name"] == "people" else "are not in the roster"
        say(f"{document['unmatched']} people {other}: {_listed(document['unmatched_examples'], document['unmatched'])}")


def import_text(document: ImportDocument) -> str:
    """On stdout: what changed."""
    name, rows = document["name"], document["rows"]
    if not document["changed"]:
        again = "; their content was missing, and is stored again" if document["repaired"] else ""
        return f"{name}: the same {rows} rows as before{again}" + _moved(document)
    counts = f"{document['added']} added, {document['removed']} removed, {document['changed_rows']} changed"
    return f"{name}: {rows} rows{' would come' if document['dry_run'] else ''}; {counts}" + _moved(document)


def _moved(document: ImportDocument) -> str:
    came, left = document["people_added"], document["people_left"]
    return (f", {came} people new in the network" if came else "") + (f", {left} left it" if left else "")


def _unusual(about: Mapping[str, Any]) -> str | None:
    """Encoding and delimiter, where one of them is not the usual one."""
    encoding, delimiter = about.get("encoding"), about.get("delimiter")
    parts = [str(encoding)] if encoding not in (None, "utf-8", "ascii") else []
    parts += [f"parted by {_DELIMITERS.get(delimiter, repr(delimiter))}"] if delimiter not in (None, ",") else []
    return ", ".join(parts) or None


def _say_near(pairs: Sequence[tuple[str, Sequence[str]]], count: int) -> None:
    """Values are quoted: blanks at their ends would not be seen."""
    _say_some([f"near-duplicates ({column}): {one!r} and {other!r}" for column, (one, other) in pairs], count)
    columns = list(dict.fromkeys(column for column, _ in pairs))
    for column in columns:
        if column not in _IDS:
            say(f"one {column} each? write it in one way in the file")
    if any(column in _IDS for column in columns):
        say("one person each? --aliases FILE (CSV `alias,id`), or aliases.csv in the home, joins them")


def _say_some(lines: Sequence[str], count: int) -> None:
    for line in lines[:_SHOWN]:
        say(line)
    if count > min(len(lines), _SHOWN):
        say(f"and {count - min(len(lines), _SHOWN)} more")


def _listed(names: Sequence[str], count: int) -> str:
    shown = ", ".join(names[:5])
    return shown + (f" and {count - 5} more" if count > 5 else "")
