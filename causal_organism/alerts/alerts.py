"""One alert: what happened, to what, in which run."""

from __future__ import annotations

from dataclasses import dataclass

from causal_organism.documents.alerts import AlertDocument

ERROR, WARNING, INFO = "error", "warning", "info"
SEVERITIES = (ERROR, WARNING, INFO)

LONGEST_TITLE, LONGEST_TEXT = 200, 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Title and text are plain text from anywhere, errors included; every channel escapes them in its own way.

    subject: the asset, stream or server that it is about. run: None where no run is. dedup_key: the same for the same
    failure, however often it is noticed; a second alert of one key is not sent. group: the same for one fault in all
    runs, by which Sentry groups; empty: the dedup_key.
    """

    title: str
    text: str
    severity: str
    subject: str
    run: str | None
    dedup_key: str
    group: str = ""

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise ValueError(f"severity is {self.severity!r}; it is one of {', '.join(SEVERITIES)}")
        if not self.dedup_key:
            raise ValueError(f"the alert {self.title!r} has no dedup_key")
        object.__setattr__(self, "title", one_line(self.title, LONGEST_TITLE))
        object.__setattr__(self, "subject", one_line(self.subject, LONGEST_TITLE))
        object.__setattr__(self, "text", printable(self.text, LONGEST_TEXT))

    def document(self, environment: str) -> AlertDocument:
        """As JSON for a webhook."""
        return {
            "schema": "organism.alert/1", "environment": environment, "title": self.title, "text": self.text,
            "severity": self.severity, "subject": self.subject, "run": self.run, "dedup_key": self.dedup_key,
        }  # fmt: skip


def printable(text: str, longest: int) -> str:
    """Without control characters (newlines and tabs stay), and cut with a mark where it is too long."""
    kept = "".join(each for each in text if each in "\n\t" or each.isprintable())
    return kept if len(kept) <= longest else kept[: longest - 1] + "…"


def one_line(text: str, longest: int) -> str:
    """Printable text on one line, so that it can never become a second header or line of its own."""
    return printable(" ".join(text.split()), longest)
