"""Mail in mbox files: who wrote to whom and when. Bodies are passed over and never held; of headers only those of
people, time and machines are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC
from email import policy
from email.message import Message as Mail
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO

from causal_organism.errors import RequestError
from causal_organism.organism.files.interactions import Read
from causal_organism.organism.files.messages import message as messages
from causal_organism.organism.files.opening import UNKNOWN_FORMAT, FileOptions, open_text, reading

_LONGEST_LINE = 1 << 16
_MOST_HEADERS = 1 << 18
_RECIPIENTS = ("to", "cc", "bcc")
_MACHINES = ("mailer-daemon@", "postmaster@", "noreply@", "no-reply@", "donotreply@", "do-not-reply@", "bounce@")
_AUTOMATIC = ("bulk", "junk", "auto_reply")


def read_mbox(stack: ExitStack, path: str | Path, tally: messages.Tally, *, now_us: int) -> Iterator[Read]:
    """Interactions, by the line that a mail begins on.

    Raises:
        RequestError: it cannot be read or is not an mbox file.
    """
    opened = stack.enter_context(open_text(path, FileOptions(encoding="utf-8")))
    with reading(opened.name):
        mails = _mails(opened.stream)
        first = next(mails, None)
    if first is not None and first[0] < 0:
        shown = first[1][:40].decode("utf-8", "backslashreplace")
        raise RequestError(
            f"{opened.name} is not an mbox: it begins with {shown!r} and not with 'From '", code=UNKNOWN_FORMAT
        )
    return _read(opened.name, [] if first is None else [first], mails, tally, now_us)


def _read(
    name: str, first: list[tuple[int, bytes]], mails: Iterator[tuple[int, bytes]], tally: messages.Tally, now_us: int
) -> Iterator[Read]:
    with reading(name):
        for some in (first, mails):
            for line, headers in some:
                tally.messages += 1
                mail = BytesHeaderParser(policy=policy.compat32).parsebytes(headers)
                yield from _interactions(mail, line, tally, now_us)


def _interactions(mail: Mail, line: int, tally: messages.Tally, now_us: int) -> Iterator[Read]:
    senders = _addresses(mail, "from") or _addresses(mail, "sender")
    if _is_automatic(mail, senders):
        tally.left_out[messages.BOT] += 1
        return
    if not senders:
        tally.left_out[messages.UNKNOWN_SENDER] += 1
        return
    at = _moment(mail)
    if at is None:
        yield messages.unreadable(line, "bad-time")
        return
    recipients = [each for name in _RECIPIENTS for each in _addresses(mail, name)]
    lists = {each for each in _addresses(mail, "list-post")}
    number = str(mail.get("message-id") or "").strip() or messages.event_id(at, senders[0], *recipients)
    message = messages.Message(
        place=line,
        channel="email",
        sender=senders[0],
        recipients=[each for each in recipients if each not in lists],
        at=at,
        kind="email",
        name=("email", number),
    )
    yield from messages.to_interactions(message, tally, now_us=now_us)


def _mails(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """(line that it begins on, headers) of each mail; a line number of -1 for a file that does not begin with one."""
    number, in_headers, blank = 0, False, True
    start, size = 0, 0
    headers: list[bytes] = []
    while line := stream.readline(_LONGEST_LINE):
        number += line.endswith(b"\n")
        text = line.rstrip(b"\r\n")
        if blank and text.startswith(b"From "):
            if in_headers:
                yield start, b"\n".join(headers)
            start, headers, size, in_headers = max(number, 1), [], 0, True
        elif in_headers and not text:
            in_headers = False
            yield start, b"\n".join(headers)
        elif in_headers and size < _MOST_HEADERS:
            headers.append(text)
            size += len(text)
        elif not start and text:
            yield -1, text
            return
        blank = not text
    if in_headers:
        yield start, b"\n".join(headers)


def _addresses(mail: Mail, name: str) -> list[str]:
    values = [str(each) for each in mail.get_all(name, ())]
    found = (messages.address(each) for _, each in getaddresses(values))
    return [each for each in found if "@" in each]


def _is_automatic(mail: Mail, senders: list[str]) -> bool:
    submitted = str(mail.get("auto-submitted") or "no").strip().lower()
    return (
        not submitted.startswith("no")
        or str(mail.get("precedence") or "").strip().lower() in _AUTOMATIC
        or bool(senders and senders[0].startswith(_MACHINES))
    )


def _moment(mail: Mail) -> str | None:
    """The date in UTC; one without a zone is taken to be in UTC."""
    try:
        moment = parsedate_to_datetime(str(mail.get("date") or ""))
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment.isoformat()
