"""Every command that README and docs show is run as it stands, in a living home, or is named below with why not."""

from __future__ import annotations

import json
import mailbox
import shlex
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from causal_organism.cli.main import main
from causal_organism.wiring import open_organism
from tests.docs.test_commands import commands
from tests.engine.living import pulsed, server_settings

pytestmark = pytest.mark.servers

ELSEWHERE = {
    "starts or ends servers, or stays until it is ended": (
        "up", "down", "tui", "watch", "worker", "env", "runs --watch", "audit export --follow",
    ),
    "asks Prefect": (
        "pulse", "schedules", "schedule", "queue", "queues", "deploy", "retry", "cancel", "status", "check",
        "workers",
    ),
    "is asked of a gap, a copy, a study or a refusal of its own": (
        "stream reread", "study", "dead-letters retry", "dead-letters drop", "interventions", "alerts",
        "backup", "restore-backup", "access",
    ),
    "makes assets of its page, in a test of that page": (
        "assets 'shop/*'", "refresh 'shop/*'", "refresh 'log/*'", "refresh per_site", "refresh top", "partitions",
    ),
    "makes the causal analysis": ("refresh '+interventions/proposals'",),
}  # fmt: skip

ALONE = ("import", "show", "diff", "pin", "why", "refresh")
"""Sentences that name the command alone."""

MEANT = {
    "KEY@rejected": "demo/checked@rejected", "KEY@N": "views/degree@1", "KEY": "views/degree", "FILE": "people.csv",
    "SELECTION": "views/degree", "2026-01-31T08:00": "2099-01-31T08:00",
}  # fmt: skip
"""What stands for something in a command."""

INSTEAD = {
    "ingest --from mbox FILE": "ingest --from mbox team.mbox",
    "import outcomes FILE": "import outcomes outcomes.csv",
    "versions KEY --rejected": "versions demo/checked --rejected",
    "diff KEY KEY@rejected": "diff demo/checked demo/checked@rejected",
    "run 16e939": "run ID",
}
"""Commands that need a kind of file or asset that others do not have."""


def is_elsewhere(text: str) -> bool:
    named = (each for found in ELSEWHERE.values() for each in found)
    return text in ALONE or any(text == each or text.startswith(f"{each} ") for each in named)


RUN = sorted({text for _, text in commands() if not is_elsewhere(text)}, key=lambda text: ("pin" in text, text))

MODULE = """
from causal_organism import asset, source
from causal_organism.catalog import ASSETS as CATALOG
N = []
@source(key="demo/n")
def n():
    N.append(1)
    return len(N)
@asset(key="demo/checked", reads={"n": "demo/n"}, code_version="1")
def checked(n): return n
@checked.check
def small(value): return value < 2
ASSETS = (n, checked)
"""


def test_most_are_run() -> None:
    assert len(RUN) > 30


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shown")


@pytest.fixture
def home(request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A living organism of four people with three versions of each view, and files; the id of its last run."""
    settings = server_settings(request, folder)
    files_of_people(folder)
    (folder / "shown_demo.py").write_text(MODULE)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    for name, value in {
        "HOME": str(folder), "REDIS_URL": settings.need("redis_url"), "POSTGRES_DSN": settings.need("postgres_dsn"),
        "NEO4J_URI": settings.need("neo4j_uri"), "NEO4J_USER": settings.neo4j_user, "STREAM": settings.stream,
        "NEO4J_PASSWORD": settings.neo4j_password or "", "DEAD_LETTERS": settings.dead_letters,
        "ASSETS": "catalog,shown_demo:ASSETS",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"ORGANISM_{name}", value)
    with open_organism() as organism:
        organism.network.clear()
        for day, target in enumerate(("ben", "cy", "dee"), start=1):
            at = f"2026-02-0{day}T09:30:00Z"
            organism.stream.append(
                [{"source": "ana", "target": target, "at": at}, {"source": "ben", "target": "ben", "at": at}]
            )
            pulsed(organism)
            organism.refresh("tag:pulse, demo/*")
        run = organism.refresh("views/bridges")["run"]
    yield run


def files_of_people(folder: Path) -> None:
    """The files that the pages name."""
    (folder / "people.csv").write_text("id,team\nana,x\nben,x\ncy,y\ndee,y\n")
    (folder / "outcomes.csv").write_text("id,week,focus_h\nana,2026-W05,3\n")
    (folder / "workday.csv").write_text("Employee ID,Group,Phone\nana,x,1\nben,x,2\ncy,y,3\ndee,y,4\n")
    (folder / "columns.csv").write_text("theirs,ours\nEmployee ID,id\nGroup,team\nPhone,\n")
    (folder / "messages.csv").write_text("Sender,Recipients,DateTime,Type\nana,ben;cy,2026-02-03T09:30:00Z,chat\n")
    with zipfile.ZipFile(folder / "export.zip", "w") as archive:
        archive.writestr("users.json", json.dumps([{"id": "U1", "name": "ana"}, {"id": "U2", "name": "ben"}]))
        message = {"type": "message", "user": "U1", "ts": "1770107400.000100", "text": "<@U2>"}
        archive.writestr("general/2026-02-03.json", json.dumps([message]))
    (folder / "team.mbox").unlink(missing_ok=True)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Date"] = "ana@x.org", "ben@x.org", "Tue, 3 Feb 2026 09:30:00 +0100"
    box = mailbox.mbox(folder / "team.mbox")
    box.add(mail)
    box.close()
    (folder / "team.ics").write_text(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nDTSTAMP:20260203T080000Z\nDTSTART:20260203T090000Z\n"
        "DTEND:20260203T093000Z\nORGANIZER:mailto:ana@x.org\nATTENDEE;PARTSTAT=ACCEPTED:mailto:ben@x.org\nEND:VEVENT\n"
        "END:VCALENDAR\n"
    )


def test_every_command_that_is_shown_does_what_it_says(home: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    broken = {}
    for text in RUN:
        words = shlex.split(INSTEAD.get(text, text))
        typed = [home if word == "ID" else _meant(word) for word in words]
        code = main(typed + (["--local"] if typed[0] == "refresh" else []))
        told = capsysbinary.readouterr().err
        if code:
            broken[text] = code, told[-300:].decode()
    assert broken == {}


def _meant(word: str) -> str:
    for name, meant in MEANT.items():
        if word == name or word.endswith(f"@{name}"):
            return word.replace(name, meant)
    return word
