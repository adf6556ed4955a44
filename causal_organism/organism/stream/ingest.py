"""Put interactions from files into the stream; what cannot be taken is refused before, line by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from causal_organism.documents.stream import FileRow, IngestDocument, LineRow, TakenRow
from causal_organism.errors import NotRunningError, RequestError, StoreError
from causal_organism.network.identities import Aliases, NearDuplicates
from causal_organism.network.interactions import MILLION, Interaction, Refusal, moment_of, moment_text, to_fields
from causal_organism.organism.files.interactions import Read, open_interactions
from causal_organism.organism.files.messages.message import Tally
from causal_organism.organism.files.messages.open_export import KINDS, open_export
from causal_organism.organism.files.opening import FileOptions
from causal_organism.organism.files.pairs import load_aliases
from causal_organism.organism.stream.clocks import measure_clocks
from causal_organism.ports import Organism

CHUNK = 1000
FIRST = 10
SHOWN = 20
MOST_SUSPICIOUS = 1000
MOST_REFUSED = 100_000

_EARLIEST_US = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp()) * MILLION
_FAR_US = 3653 * 24 * 3600 * MILLION  # ten years


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestOptions:
    """How files are taken in. `kind`: an export of mail, chat or a calendar; None: JSONL or CSV of interactions."""

    file: FileOptions = field(default_factory=FileOptions)
    kind: str | None = None
    aliases: str | Path | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class _Opened:
    """A file whose header was read. `tally`: what an export leaves out."""

    name: str
    rows: Iterable[Read]
    about: FileRow
    tally: Tally | None = None


def ingest_files(
    organism: Organism, paths: Sequence[str | Path], *, actor: str, options: IngestOptions | None = None
) -> IngestDocument:
    """organism.ingest/1. All files are opened, and their headers read, before a line is written; good lines go in
    whatever the others are.

    Raises:
        RequestError: a file cannot be read, or is of a wrong format or header; nothing is written.
        StoreError: the stream broke off; says up to which line everything is in.
    """
    options = options or IngestOptions()
    if not options.dry_run:
        organism.settings.refuse_changes()
    now, people = _known(organism, dry_run=options.dry_run)
    report = _Report(aliases=load_aliases(options.aliases, organism.settings.home), now=now)
    report.near.know(people)
    try:
        with ExitStack() as stack:
            opened = [_open(stack, path, report.now_us, options) for path in paths]
            for each in opened:
                _take_all(organism, each, report, write=not options.dry_run)
    finally:
        if report.accepted and not options.dry_run:
            detail = {"accepted": report.accepted, "refused": report.refused_count}
            organism.ledger.audit(
                actor=actor, action="ingest", subject=" ".join(map(str, paths)), detail=detail, at=organism.now()
            )
    return report.to_document(opened, dry_run=options.dry_run)


def _known(organism: Organism, *, dry_run: bool) -> tuple[datetime, Iterable[str]]:
    """What time it is, and whom the network knows; a dry run goes by what it can ask, without servers too."""
    now, people = organism.now(), ()
    try:
        return measure_clocks(organism).trusted, organism.archive.people()
    except NotRunningError:
        if not dry_run:
            raise
    return now, people


def _open(stack: ExitStack, path: str | Path, now_us: int, options: IngestOptions) -> _Opened:
    if options.kind is not None:
        if options.kind not in KINDS:
            raise RequestError(f"{options.kind!r} is not a valid export; one of {', '.join(KINDS)} is")
        tally = Tally()
        rows = open_export(stack, options.kind, path, tally, now_us=now_us, options=options.file)
        return _Opened(str(path), rows, {"file": str(path), "format": options.kind}, tally)
    file = stack.enter_context(open_interactions(path, now_us=now_us, options=options.file))
    about: FileRow = {"file": str(path), "format": file.format, "encoding": file.encoding, "delimiter": file.delimiter}
    return _Opened(str(path), file.rows, about)


def _take_all(organism: Organism, opened: _Opened, report: _Report, *, write: bool) -> None:
    written, lines = 0, iter(opened.rows)
    while chunk := list(islice(lines, CHUNK)):
        read = [(line, report.aliases.joined(each)) for line, each in chunk]
        good = [each for _, each in read if isinstance(each, Interaction)]
        try:
            if write:
                organism.stream.append([to_fields(each) for each in good])
        except StoreError as error:
            raise StoreError(
                f"{error.message}; {opened.name} is in the stream up to line {written}, and it may be in up to line "
                f"{chunk[-1][0]}",
                hint="lines with an `id` can be ingested again without harm",
            ) from error
        report.add(opened.name, read)
        written = chunk[-1][0]


@dataclass(slots=True, kw_only=True)
class _Report:
    """What was read. Memory: the distinct ids, and the first refusals."""

    aliases: Aliases
    now: datetime
    read: int = 0
    accepted: int = 0
    refused: list[LineRow] = field(default_factory=list)
    refused_count: int = 0
    suspicious: list[LineRow] = field(default_factory=list)
    suspicious_count: int = 0
    first_us: int | None = None
    last_us: int | None = None
    first: list[TakenRow] = field(default_factory=list)
    channels: Counter[str] = field(default_factory=Counter)
    near: NearDuplicates = field(default_factory=NearDuplicates)

    @property
    def now_us(self) -> int:
        return int(self.now.timestamp() * MILLION)

    def add(self, file: str, chunk: Sequence[Read]) -> None:
        self.read += len(chunk)
        for line, each in chunk:
            if isinstance(each, Refusal):
                self._refuse(file, line, each)
            else:
                self._accept(file, line, each)

    def _accept(self, file: str, line: int, each: Interaction) -> None:
        self.accepted += 1
        self.first_us = each.at_us if self.first_us is None else min(self.first_us, each.at_us)
        self.last_us = each.at_us if self.last_us is None else max(self.last_us, each.at_us)
        self.near.add(each.source)
        self.near.add(each.target)
        self.channels[each.kind] += 1
        if each.at_us < _EARLIEST_US:
            self._suspect(file, line, f"{_moment(each.at_us)} is before 1990")
        if len(self.first) < FIRST:
            taken: TakenRow = {
                "source": each.source, "target": each.target, "at": _moment(each.at_us), "kind": each.kind,
            }  # fmt: skip
            if each.duration_s is not None:
                taken["duration_s"] = each.duration_s
            self.first.append(taken)

    def _refuse(self, file: str, line: int, each: Refusal) -> None:
        self.refused_count += 1
        if len(self.refused) < MOST_REFUSED:
            self.refused.append({"line": line, "reason": each.reason, "file": file})
        at_us = moment_of(each) if each.reason == "future" else None
        if at_us is not None and at_us > self.now_us + _FAR_US:
            self._suspect(file, line, f"{_moment(at_us)} is more than ten years from now")

    def _suspect(self, file: str, line: int, reason: str) -> None:
        self.suspicious_count += 1
        if len(self.suspicious) < MOST_SUSPICIOUS:
            self.suspicious.append({"line": line, "reason": reason, "file": file})

    def to_document(self, opened: Sequence[_Opened], *, dry_run: bool) -> IngestDocument:
        tallies = [each.tally for each in opened if each.tally is not None]
        document: IngestDocument = {
            "schema": "organism.ingest/1",
            "read": self.read,
            "accepted": self.accepted,
            "refused": self.refused,
            "refused_count": self.refused_count,
            "first_at": None if self.first_us is None else _moment(self.first_us),
            "last_at": None if self.last_us is None else _moment(self.last_us),
            "suspicious": self.suspicious,
            "suspicious_count": self.suspicious_count,
            "near_duplicates": [list(pair) for pair in self.near.pairs],
            "near_duplicates_count": self.near.count,
            "near_duplicates_examples": [list(pair) for pair in self.near.pairs[:SHOWN]],
            "files": [each.about for each in opened],
            "dry_run": dry_run,
        }
        if tallies:
            document["messages"] = sum(each.messages for each in tallies)
            document["left_out"] = dict(sum((each.left_out for each in tallies), Counter()))
        if dry_run:
            channels = sum((each.channels for each in tallies), Counter()) if tallies else self.channels
            document["channels"] = dict(channels.most_common())
            document["first"] = self.first
        return document


def _moment(at_us: int) -> str:
    return moment_text(at_us).replace("+00:00", "Z")
