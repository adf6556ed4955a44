"""`organism audit`: the log, whether it is whole, and handing it on."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import click

from causal_organism.cli.output import data, emit, json_option, table, to_json
from causal_organism.cli.runs.times import Since, moment_of, since_option
from causal_organism.documents.audit import AuditCheckDocument, AuditRow, ExportedRow
from causal_organism.errors import FAILED, RequestError
from causal_organism.ports import AuditEntry
from causal_organism.wiring import OpenOrganism, open_organism

_POLL_S = 1.0
_SINCE = since_option("Only since")


@click.group(invoke_without_command=True)
@_SINCE
@json_option
@click.pass_context
def audit(ctx: click.Context, since: Since | None, as_json: bool) -> None:
    """Print who did what and when, newest first.

    WHO is whom the client named; the login that the server knew stands behind it, where it is another.
    """
    if ctx.invoked_subcommand is not None:
        return
    with open_organism() as o:
        entries = o.ledger.audit_log(since=_start(o, since))
    document = {"schema": "organism.audit/1", "entries": [_shown(each) for each in entries]}
    rows = [(e.at.isoformat(timespec="seconds"), _who(e), e.action, e.subject, e.detail) for e in entries]
    emit(document, lambda: table(("AT", "WHO", "DID", "TO", "DETAIL"), rows), as_json=as_json)


@audit.command()
@_SINCE
@json_option
def verify(since: Since | None, as_json: bool) -> None:
    """Say whether the log is whole: the first row that was changed, and rows that are missing. Exits 1 if it is not."""
    from causal_organism.engine.history.audit_chain import check_chain

    with open_organism() as o:
        report = check_chain(o.ledger.audit_chain(since=_start(o, since)), from_the_start=since is None)
    document = report.to_document()
    emit(document, lambda: _verdict(document), as_json=as_json)
    if not report.whole:
        raise click.exceptions.Exit(FAILED)


@audit.command()
@_SINCE
@click.option("--follow", is_flag=True, help="Go on with what is added, until it is stopped.")
@click.option("--syslog", metavar="ADDRESS", help="Send to /dev/log or HOST:PORT (UDP) instead of stdout.")
def export(since: Since | None, follow: bool, syslog: str | None) -> None:
    """Print the log as JSON lines, oldest first, with digests: for keeping where nobody here can change it."""
    tell = data if syslog is None else _syslog(syslog)
    with open_organism() as o:
        start, after = _start(o, since), 0
        while True:
            for entry, _ in o.ledger.audit_chain(since=start, after=after):
                tell(to_json(_exported(entry)))
                after = entry.number
            if not follow:
                return
            if after:
                start = None  # from now on whatever is added, also if its moment lies before
            time.sleep(_POLL_S)


def _start(o: OpenOrganism, since: Since | None) -> datetime | None:
    return None if since is None else moment_of(since, o.now())


def _shown(entry: AuditEntry) -> AuditRow:
    return {
        "at": entry.at.isoformat(), "actor": entry.actor, "session": entry.session or None, "action": entry.action,
        "subject": entry.subject, "detail": entry.detail,
    }  # fmt: skip


def _exported(entry: AuditEntry) -> ExportedRow:
    return {"number": entry.number, **_shown(entry), "previous": entry.previous, "digest": entry.digest}


def _who(entry: AuditEntry) -> str:
    return entry.actor if entry.session in ("", entry.actor) else f"{entry.actor} ({entry.session})"


def _verdict(document: AuditCheckDocument) -> str:
    count, broken = f"{document['rows']} rows", document["broken"]
    if document["whole"]:
        last = f"; the last is {document['last']} with {document['digest']}" if document["rows"] else ""
        return f"whole: {count}{last}"
    lines = [f"NOT whole: {count}"]
    if broken:
        lines.append(f"row {broken['number']} of {broken['at']}: {broken['reason']}")
    if document["missing_count"]:
        more = document["missing_count"] - len(document["missing"])
        shown = ", ".join(map(str, document["missing"]))
        lines.append(f"missing: {shown}{f' and {more} more' if more else ''}")
    return "\n".join(lines)


def _syslog(address: str) -> Any:
    import logging
    from logging.handlers import SysLogHandler

    host, _, port = address.rpartition(":")
    if not address.startswith("/") and not (host and port.isdecimal()):
        raise RequestError(f"{address!r} is not an address for syslog", hint="/dev/log, or HOST:PORT")
    try:
        handler = SysLogHandler(address if address.startswith("/") else (host, int(port)))
    except OSError as error:
        raise RequestError(f"{address} cannot be reached: {error.strerror or error}") from error
    handler.ident = "organism-audit: "
    log = logging.Logger("audit")
    log.addHandler(handler)
    return log.info
