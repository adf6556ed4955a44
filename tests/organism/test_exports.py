"""Mail, chat and calendars: who turned to whom and when, once, and nothing of what was said."""

from __future__ import annotations

import json
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from causal_organism.errors import NotRunningError, RequestError
from causal_organism.network.interactions import Interaction, Refusal
from causal_organism.organism.files.messages.message import Tally
from causal_organism.organism.files.messages.open_export import open_export
from causal_organism.organism.files.opening import FileOptions
from causal_organism.organism.stream.ingest import IngestOptions, ingest_files
from causal_organism.settings import Settings
from causal_organism.wiring import OpenOrganism
from tests.engine.living import living_in_memory, pulsed

NOW_US = 1_795_000_000 * 10**6  # November 2026
SECRET = "we-will-close-the-plant"


def read(kind: str, path: Path) -> tuple[list[Interaction], list[Refusal], Tally]:
    tally = Tally()
    with ExitStack() as stack:
        found = [each for _, each in open_export(stack, kind, path, tally, now_us=NOW_US, options=FileOptions())]
    good = [each for each in found if isinstance(each, Interaction)]
    return good, [each for each in found if isinstance(each, Refusal)], tally


def pairs(found: list[Interaction]) -> list[tuple[str, str]]:
    return [(each.source, each.target) for each in found]


def said(user: str, text: str = SECRET, ts: str = "1770107400.000100", **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": user, "text": text, "ts": ts, **more}


def slack_folder(folder: Path) -> Path:
    users = [
        {"id": "U1", "profile": {"email": "Ana@x.org"}},
        {"id": "U2", "profile": {"email": "ben@x.org"}},
        {"id": "U3", "profile": {}},
        {"id": "U9", "is_bot": True, "profile": {"email": "bot@x.org"}},
    ]
    general = [
        said("U1", f"<@U2> and <@U3|cy>, {SECRET} <!channel> <@U1>", client_msg_id="m", thread_ts="1.0"),
        said("U2", "yes", ts="1770107401.000100", parent_user_id="U1"),
        said("U2", "", ts="1770107402.0", blocks=[{"elements": [{"elements": [{"type": "user", "user_id": "U3"}]}]}]),
        said("U1", "<@U9>", ts="1770107403.0"),
        said("U9", "<@U1>", ts="1770107404.0", bot_id="B1", subtype="bot_message"),
        said("U2", "joined", ts="1770107405.0", subtype="channel_join"),
        said("U2", "set", ts="1770107405.5", subtype="channel_topic"),
        said("U7", "<@U1>", ts="1770107406.0"),
        said("USLACKBOT", "<@U1>", ts="1770107407.0"),
    ]
    files = {
        "users.json": users,
        "channels.json": [{"id": "C1", "name": "general"}],
        "dms.json": [{"id": "D1", "members": ["U1", "U3"]}],
        "general/2026-02-03.json": general,
        "D1/2026-02-03.json": [said("U3", ts="1770107500.0")],
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content))
    return folder


def test_a_slack_export_is_mentions_answers_and_direct_messages(tmp_path: Path) -> None:
    good, refused, tally = read("slack-export", slack_folder(tmp_path / "export"))
    assert pairs(good) == [
        ("U3", "ana@x.org"),
        ("ana@x.org", "ben@x.org"),
        ("ana@x.org", "U3"),
        ("ben@x.org", "ana@x.org"),
        ("ben@x.org", "U3"),
    ]
    assert [each.at_us for each in good[:2]] == [1_770_107_500_000_000, 1_770_107_400_000_100]
    assert (refused, tally.messages) == ([], 10)
    assert +tally.left_out == {"bot": 3, "join": 1, "notice": 1, "unknown-sender": 1, "no-recipient": 1}
    assert tally.channels == {"general": 4, "D1": 1}


def test_a_slack_archive_and_one_of_its_days_say_the_same_once(tmp_path: Path) -> None:
    folder = slack_folder(tmp_path / "export")
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for path in sorted(folder.rglob("*.json")):
            archive.write(path, path.relative_to(tmp_path))
    assert read("slack-export", tmp_path / "export.zip")[0] == read("slack-export", folder)[0]
    day = read("slack-export", folder / "general" / "2026-02-03.json")[0]
    ids = {each.sender_id for each in read("slack-export", folder)[0]}
    assert pairs(day)[:2] == [("U1", "U2"), ("U1", "U3")]
    assert len(ids) == 5


MAIL = f"""From ana@x.org Tue Feb  3 09:30:00 2026
From: =?utf-8?q?An=C3=A4?= <Ana@X.org>
To: Ben <ben@x.org>, "C, y" <cy@x.org>
Cc: dee@x.org, ana@x.org
Date: Tue, 3 Feb 2026 09:30:00 +0100
Message-ID: <1@x.org>
Subject: {SECRET}

{SECRET}
From the body, no mail begins
To: nobody@x.org

From ben@x.org Tue Feb  3 09:31:00 2026
From: ben@x.org
To: ana@x.org
Date: soon

late

From noreply@x.org Tue Feb  3 09:32:00 2026
From: noreply@x.org
To: ana@x.org
Date: Tue, 3 Feb 2026 09:32:00 +0100

From x Tue Feb  3 09:33:00 2026
To: ana@x.org
Date: Tue, 3 Feb 2026 09:33:00 +0100

From ben@x.org Tue Feb  3 09:34:00 2026
From: ben@x.org
To: ana@x.org
Auto-Submitted: auto-replied
Date: Tue, 3 Feb 2026 09:34:00 +0100

"""


def test_mail_is_sender_to_everybody_it_was_sent_to(tmp_path: Path) -> None:
    (tmp_path / "mail.mbox").write_text(MAIL)
    good, refused, tally = read("mbox", tmp_path / "mail.mbox")
    assert pairs(good) == [("ana@x.org", each) for each in ("ben@x.org", "cy@x.org", "dee@x.org")]
    assert {(each.at_us, each.kind) for each in good} == {(1_770_107_400_000_000, "email")}
    assert [(each.reason, each.fields) for each in refused] == [("bad-time", {})]
    assert (tally.messages, +tally.left_out) == (5, {"bot": 2, "unknown-sender": 1})
    copy = tmp_path / "other.mbox"
    copy.write_text("From x\nX-Note: of another mailbox\n" + MAIL.split("\n", 1)[1].split("\n\n", 1)[0] + "\n\n")
    assert [each.sender_id for each in read("mbox", copy)[0]] == [each.sender_id for each in good]


CALENDAR = f"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:x
BEGIN:VEVENT
UID:u1
DTSTART;TZID=Europe/Berlin:20260323T100000
DTEND;TZID=Europe/Berlin:20260323T103000
RRULE:FREQ=WEEKLY;COUNT=4
EXDATE;TZID=Europe/Berlin:20260406T100000
ORGANIZER:mailto:Ana@x.org
ATTENDEE;PARTSTAT=ACCEPTED:mailto:ben@x.org
ATTENDEE;PARTSTAT=DECLINED:mailto:cy@x.org
ATTENDEE;CUTYPE=ROOM:mailto:room4@x.org
SUMMARY:{SECRET}
DESCRIPTION:{SECRET}
END:VEVENT
BEGIN:VEVENT
UID:u1
RECURRENCE-ID;TZID=Europe/Berlin:20260413T100000
DTSTART;TZID=Europe/Berlin:20260414T150000
DTEND;TZID=Europe/Berlin:20260414T160000
ORGANIZER:mailto:ana@x.org
ATTENDEE;PARTSTAT=ACCEPTED:mailto:cy@x.org
END:VEVENT
BEGIN:VEVENT
UID:u2
DTSTART;VALUE=DATE:20260401
ORGANIZER:mailto:ana@x.org
ATTENDEE:mailto:ben@x.org
END:VEVENT
BEGIN:VEVENT
UID:u3
STATUS:CANCELLED
DTSTART:20260402T100000Z
DTEND:20260402T110000Z
ORGANIZER:mailto:ana@x.org
ATTENDEE:mailto:ben@x.org
END:VEVENT
BEGIN:VEVENT
UID:u4
DTSTART:20260401T000000Z
RRULE:FREQ=SECONDLY
ORGANIZER:mailto:ana@x.org
ATTENDEE:mailto:ben@x.org
END:VEVENT
END:VCALENDAR
"""


def test_a_series_is_its_meetings_in_local_time_as_they_were_held(tmp_path: Path) -> None:
    (tmp_path / "a.ics").write_text(CALENDAR.replace("\n", "\r\n"))
    good, refused, tally = read("ics", tmp_path / "a.ics")
    assert pairs(good) == [("ana@x.org", "ben@x.org")] * 2 + [("ana@x.org", "cy@x.org")]
    assert [each.at_us // 10**6 for each in good] == [
        1_774_256_400,
        1_774_857_600,
        1_776_171_600,
    ]  # summer time between
    assert [each.duration_s for each in good] == [1800.0, 1800.0, 3600.0]
    assert {each.kind for each in good} == {"meeting"}
    assert len({each.sender_id for each in good}) == 3
    assert refused == []
    assert +tally.left_out == {"declined": 2, "room": 2, "all-day": 1, "cancelled": 1, "notice": 1}


@pytest.mark.parametrize(
    "times",
    [
        "DTSTART:soon",
        "DTSTART:20261303T093000Z",
        "DTSTART:20260203T093000Z\nDTSTART:20260204T093000Z",
        "DTSTART;VALUE=PERIOD:20260203T093000Z/PT1H",
        "DTSTART:20260203T093000Z\nDTEND:later",
        "DTSTART:20260203T093000Z\nDTEND:20260203T083000Z",
        "DTSTART:20260203T093000Z\nRRULE:FREQ=DAILY;UNTIL=never",
        "DTSTART:20260203T093000Z\nRRULE:FREQ=DAILY;COUNT=2\nEXDATE:some",
    ],
)
def test_a_meeting_whose_times_cannot_be_read_is_refused_alone(tmp_path: Path, times: str) -> None:
    meeting = "BEGIN:VEVENT\nUID:{}\n{}\nORGANIZER:mailto:ana@x.org\nATTENDEE:mailto:ben@x.org\nEND:VEVENT\n"
    events = meeting.format(1, times) + meeting.format(2, "DTSTART:20260203T093000Z\nDURATION:PT1H")
    (tmp_path / "a.ics").write_text(f"BEGIN:VCALENDAR\n{events}END:VCALENDAR\n")
    good, refused, tally = read("ics", tmp_path / "a.ics")
    assert pairs(good) == [("ana@x.org", "ben@x.org")]
    assert [each.reason for each in refused] == ["bad-time"]
    assert tally.messages == 2


TEAMS = f"""Sender,Recipients,DateTime,Type,Content
Ana@x.org,ben@x.org;Cy <cy@x.org>,2026-02-03T09:30:00Z,chat,{SECRET}
ana@x.org,ben@x.org,2026-02-03T10:30:00+01:00,chat,{SECRET}
ana@x.org,ben@x.org,2026-02-03T09:31:00,chat,{SECRET}
ana@x.org,ben@x.org,2026-02-03T09:31:00,chat,{SECRET} again
ana@x.org,ben@x.org,3/2/2026,chat,x
28:app,ben@x.org,2026-02-03T09:32:00Z,chat,x
ana@x.org,ben@x.org,2026-02-03T09:33:00Z,MembersJoined,x
,ben@x.org,2026-02-03T09:34:00Z,chat,x
"""


def test_a_teams_table_is_sender_to_each_recipient(tmp_path: Path) -> None:
    (tmp_path / "teams.csv").write_text(TEAMS)
    good, refused, tally = read("teams-csv", tmp_path / "teams.csv")
    assert pairs(good) == [("ana@x.org", "ben@x.org"), ("ana@x.org", "cy@x.org")] + [("ana@x.org", "ben@x.org")] * 3
    assert len({each.sender_id for each in good}) == 5  # the same words twice in one moment are two messages
    assert [each.reason for each in refused] == ["bad-time"]
    assert +tally.left_out == {"bot": 1, "join": 1, "unknown-sender": 1}
    (tmp_path / "again.csv").write_text(TEAMS.replace(",", "\t"))
    assert read("teams-csv", tmp_path / "again.csv")[0] == good


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("slack-export", '{"messages": []}', "unknown-format"),
        ("slack-export", "no JSON", "unknown-format"),
        ("mbox", "To: ana@x.org\n", "unknown-format"),
        ("ics", "no calendar", "unknown-format"),
        ("teams-csv", "Who,Whom\na,b\n", "bad-header"),
        ("teams-csv", "Sender,Recipients,DateTime,sender\n", "bad-header"),
    ],
)
def test_what_is_no_such_export_is_one_error(tmp_path: Path, kind: str, content: str, code: str) -> None:
    (tmp_path / "file").write_text(content)
    with pytest.raises(RequestError) as raised:
        read(kind, tmp_path / "file")
    assert raised.value.code == code
    with pytest.raises(RequestError):
        read(kind, tmp_path / "nowhere")


def organism_of_2026(folder: Path) -> Any:
    organism = living_in_memory(folder)
    organism.clock.move(seconds=NOW_US / 1e6 - organism.now().timestamp())
    return organism


def exports(folder: Path) -> list[tuple[str, Path]]:
    (folder / "mail.mbox").write_text(MAIL)
    (folder / "a.ics").write_text(CALENDAR)
    (folder / "teams.csv").write_text(TEAMS)
    names = {"mbox": "mail.mbox", "ics": "a.ics", "teams-csv": "teams.csv"}
    return [("slack-export", slack_folder(folder / "export")), *((kind, folder / name) for kind, name in names.items())]


def test_the_same_export_twice_counts_once_and_keeps_no_text(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    organism = organism_of_2026(tmp_path)
    caplog.set_level("DEBUG")
    documents = [
        ingest_files(organism, [path], actor="ana", options=IngestOptions(kind=kind))
        for _ in range(2)
        for kind, path in exports(tmp_path)
    ]
    report = pulsed(organism)
    assert (report.accepted, report.duplicates, report.refused) == (16, 16, 0)
    people = ("ana@x.org", "ben@x.org", "cy@x.org", "dee@x.org", "U3")
    kept = [
        documents,
        [each.fields for each in organism.stream.read_after("0-0", 1000)],
        [organism.archive.interactions_of(each, limit=1000) for each in people],
        organism.stream.read_dead_letters(),
        [each for each in organism.ledger.audit_log()],
        caplog.text,
    ]
    assert SECRET not in repr(kept)
    assert all("ana@x.org" in repr(each) for each in kept[1:3])


def test_a_dry_run_shows_channels_and_the_first_interactions_and_writes_nothing(tmp_path: Path) -> None:
    organism = organism_of_2026(tmp_path)
    folder = slack_folder(tmp_path / "export")
    options = IngestOptions(kind="slack-export", dry_run=True)
    document = ingest_files(organism, [folder], actor="ana", options=options)
    assert document["channels"] == {"general": 4, "D1": 1}
    assert document["left_out"]["unknown-sender"] == 1
    assert document["first"][0] == {
        "source": "U3",
        "target": "ana@x.org",
        "at": "2026-02-03T08:31:40Z",
        "kind": "message",
    }
    assert (len(document["first"]), document["accepted"], organism.stream.state().length) == (5, 5, 0)


def test_a_dry_run_needs_no_server(tmp_path: Path) -> None:
    file = tmp_path / "two.csv"
    file.write_text("source,target,at\nana,ben,2026-02-03T09:30:00Z\nben,ben,2026-02-03T09:30:00Z\n")
    with OpenOrganism(Settings(home=tmp_path / "home")) as organism:
        document = ingest_files(organism, [file], actor="ana", options=IngestOptions(dry_run=True))
        assert (document["accepted"], [each["reason"] for each in document["refused"]]) == (1, ["self"])
        with pytest.raises(NotRunningError):
            ingest_files(organism, [file], actor="ana")
