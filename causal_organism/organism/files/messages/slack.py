"""A Slack export: its folder or ZIP archive, one channel's folder, or one day's JSON.

Who writes turns to everybody whom the message mentions, to the writer of the message that it answers, and in direct
messages to the others there. People are called by their e-mail where `users.json` has it, and else by their Slack id.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from causal_organism.errors import RequestError
from causal_organism.organism.files.interactions import Read
from causal_organism.organism.files.messages.message import (
    BOT,
    JOIN,
    NOTICE,
    UNKNOWN_SENDER,
    Message,
    Tally,
    address,
    to_interactions,
)
from causal_organism.organism.files.opening import UNKNOWN_FORMAT, open_text, reading

_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_SPOKEN = ("", "thread_broadcast", "me_message", "file_share", "file_comment", "reply_broadcast")
_BOTS = ("bot_message", "bot_add", "bot_remove")
_SLACKBOT = "USLACKBOT"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Directory:
    """Who is who. `known`: whether the export says it at all."""

    ids: Mapping[str, str] = field(default_factory=dict)  # Slack's id -> ours
    bots: frozenset[str] = frozenset()
    members: Mapping[str, Sequence[str]] = field(default_factory=dict)  # of direct messages, by folder
    known: bool = False

    def is_bot(self, user: str) -> bool:
        return user == _SLACKBOT or user in self.bots

    def id_of(self, user: str) -> str:
        return self.ids.get(user, user)


def read_export(stack: ExitStack, path: str | Path, tally: Tally, *, now_us: int) -> Iterator[Read]:
    """Interactions, by the number of the message.

    Raises:
        RequestError: it cannot be read or is not a Slack export.
    """
    if str(path) != "-" and Path(path).is_file() and zipfile.is_zipfile(path):
        with reading(str(path)):
            archive = stack.enter_context(zipfile.ZipFile(path))
        return _read_folder(_only_folder(zipfile.Path(archive)), str(path), tally, now_us)
    if Path(path).is_dir():
        return _read_folder(Path(path), str(path), tally, now_us)
    return _read_days([(str(path), _day(path))], _Directory(), tally, now_us)


def _read_folder(folder: Any, name: str, tally: Tally, now_us: int) -> Iterator[Read]:
    """`folder`: a pathlib.Path or a zipfile.Path."""
    entries = sorted(folder.iterdir(), key=lambda each: each.name)
    directory = _directory(folder, name)
    days = [each for each in entries if _DAY.fullmatch(each.name)]
    channels = [each for each in entries if each.is_dir()]
    found = [(folder.name, each) for each in days]
    for channel in channels:
        inside = sorted(channel.iterdir(), key=lambda each: each.name)
        found += [(channel.name, each) for each in inside if _DAY.fullmatch(each.name)]
    if not found:
        raise RequestError(
            f"{name} is not a Slack export: it has no day like general/2026-02-03.json; it has "
            f"{', '.join(each.name for each in entries[:10]) or 'nothing'}",
            code=UNKNOWN_FORMAT,
        )
    return _read_days(((channel, _load(each, f"{name}/{channel}/{each.name}")) for channel, each in found), directory,
                      tally, now_us)  # fmt: skip


def _only_folder(root: Any) -> Any:
    """Some archives hold the export in a folder of their own."""
    entries = [each for each in root.iterdir() if not each.name.startswith("__MACOSX")]
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else root


def _read_days(days: Any, directory: _Directory, tally: Tally, now_us: int) -> Iterator[Read]:
    for channel, messages in days:
        for each in messages:
            tally.messages += 1
            message = _message(each, channel, directory, tally)
            if message is not None:
                yield from to_interactions(message, tally, now_us=now_us)


def _message(each: Any, channel: str, directory: _Directory, tally: Tally) -> Message | None:
    if not isinstance(each, dict):
        tally.left_out[NOTICE] += 1
        return None
    reason = _why_left_out(each, directory)
    if reason is not None:
        tally.left_out[reason] += 1
        return None
    user, ts = str(each["user"]), str(each.get("ts", ""))
    wanted = [*_mentioned(each), each.get("parent_user_id"), *directory.members.get(channel, ())]
    people = [person for person in wanted if isinstance(person, str)]
    tally.left_out[BOT] += len({person for person in people if directory.is_bot(person)})
    return Message(
        place=tally.messages,
        channel=channel,
        sender=directory.id_of(user),
        recipients=[directory.id_of(person) for person in people if not directory.is_bot(person)],
        at=ts,
        kind="message",
        name=("slack", ts, user),
    )


def _why_left_out(each: Mapping[str, Any], directory: _Directory) -> str | None:
    subtype, user = str(each.get("subtype") or ""), each.get("user")
    if subtype in _BOTS or each.get("bot_id") or each.get("bot_profile") or directory.is_bot(str(user)):
        return BOT
    if subtype.endswith(("_join", "_leave")):
        return JOIN
    if each.get("type", "message") != "message" or subtype not in _SPOKEN or each.get("hidden"):
        return NOTICE
    if not isinstance(user, str) or not user or (directory.known and user not in directory.ids):
        return UNKNOWN_SENDER
    return None


def _mentioned(each: Mapping[str, Any]) -> list[str]:
    """Slack ids of people in the text, or in the blocks that it was written in."""
    return [*_MENTION.findall(str(each.get("text") or "")), *_mentioned_in(each.get("blocks"), 0)]


def _mentioned_in(blocks: Any, depth: int) -> Iterator[str]:
    if depth > 10:
        return
    if isinstance(blocks, list):
        for each in blocks:
            yield from _mentioned_in(each, depth + 1)
    elif isinstance(blocks, dict):
        if blocks.get("type") == "user" and isinstance(blocks.get("user_id"), str):
            yield blocks["user_id"]
        yield from _mentioned_in(blocks.get("elements"), depth + 1)


def _directory(folder: Any, name: str) -> _Directory:
    parts = {each.name: each for each in folder.iterdir() if each.name.endswith(".json")}
    users = [each for each in _list_of(parts, "users.json", name) if isinstance(each.get("id"), str)]
    emails = {each["id"]: (each.get("profile") or {}).get("email") for each in users}
    members: dict[str, Sequence[str]] = {}
    for file in ("dms.json", "mpims.json"):
        for each in _list_of(parts, file, name):
            for folder_name in (each.get("name"), each.get("id")):
                if isinstance(folder_name, str):
                    members[folder_name] = [str(person) for person in each.get("members") or ()]
    return _Directory(
        ids={user: address(email) if isinstance(email, str) and email else user for user, email in emails.items()},
        bots=frozenset(each["id"] for each in users if each.get("is_bot")),
        members=members,
        known=bool(users),
    )


def _list_of(parts: Mapping[str, Any], file: str, name: str) -> list[dict[str, Any]]:
    found = _load(parts[file], f"{name}/{file}") if file in parts else []
    return [each for each in found if isinstance(each, dict)]


def _load(path: Any, name: str) -> list[Any]:
    with reading(name):
        return _to_list(path.read_bytes(), name)


def _day(path: str | Path) -> list[Any]:
    with open_text(path) as opened, reading(opened.name):
        return _to_list(opened.stream.read(), opened.name)


def _to_list(content: bytes, name: str) -> list[Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"{name} is not JSON: {type(error).__name__}", code=UNKNOWN_FORMAT) from None
    if not isinstance(found, list):
        raise RequestError(
            f"{name} is not a day of a Slack export: a JSON {type(found).__name__}, and not an array of messages",
            code=UNKNOWN_FORMAT,
        )
    return found
