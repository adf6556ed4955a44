"""A message as every export has it, and the interactions that it stands for.

Nothing of what was said goes beyond the reader of its format. An interaction's id is a hash of what names the message
there, its sender and its recipient, so that the same export, or two that overlap, count once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from causal_organism.network.interactions import Interaction, Refusal, parse
from causal_organism.organism.files.interactions import Read

BOT, JOIN, NOTICE, UNKNOWN_SENDER, NO_RECIPIENT = "bot", "join", "notice", "unknown-sender", "no-recipient"
DECLINED, CANCELLED, ALL_DAY, ROOM = "declined", "cancelled", "all-day", "room"
"""Why a message, or one of its recipients, is left out."""


@dataclass(slots=True)
class Tally:
    """What an export holds: messages read, those taken by channel, and what was left out by reason."""

    messages: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    channels: Counter[str] = field(default_factory=Counter)  # interactions


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Who turned to whom, and when. `at`: as an interaction has it; `name`: parts that name the message in its export;
    `place`: line or number within the file. `names_of`: a person -> what the export calls them, for the id."""

    place: int
    channel: str
    sender: str
    recipients: Sequence[str]
    at: str
    kind: str
    name: Sequence[str]
    duration_s: float | None = None


def to_interactions(message: Message, tally: Tally, *, now_us: int) -> Iterator[Read]:
    """One for each recipient other than the sender, each judged like any other interaction."""
    recipients = [each for each in dict.fromkeys(message.recipients) if each != message.sender]
    if not recipients:
        tally.left_out[NO_RECIPIENT] += 1
        return
    for recipient in recipients:
        fields = {
            "source": message.sender,
            "target": recipient,
            "at": message.at,
            "kind": message.kind,
            "id": event_id(*message.name, message.sender, recipient),
        }
        if message.duration_s is not None:
            fields["duration_s"] = repr(message.duration_s)
        read = parse(fields, entry="", now_us=now_us)
        if isinstance(read, Interaction):
            tally.channels[message.channel] += 1
        yield message.place, read


def unreadable(place: int, reason: str) -> tuple[int, Refusal]:
    """A message that cannot be read, without anything of it."""
    return place, Refusal("", reason, {})


def event_id(*parts: str) -> str:
    """The same for the same parts, whatever they hold; 128 bits."""
    hashed = blake2b(digest_size=16)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        hashed.update(len(raw).to_bytes(4, "big") + raw)
    return f"{hashed.hexdigest()}"


def address(text: str) -> str:
    """A mail address in lower case, without `mailto:`: the same mailbox however it was typed."""
    return text.strip().strip("<>").removeprefix("mailto:").removeprefix("MAILTO:").strip().casefold()
