"""An alert in the words of each channel. What stands in it is data: no mention, link, markup or header comes of it."""

from __future__ import annotations

from causal_organism.alerts.alerts import ERROR, INFO, WARNING, Alert
from causal_organism.documents.json import JsonObject

_EMOJI = {ERROR: "🔴", WARNING: "🟡", INFO: "🔵"}
_SENTRY_LEVEL = {ERROR: "error", WARNING: "warning", INFO: "info"}


def to_slack(alert: Alert, environment: str) -> JsonObject:
    """The body of an incoming webhook; blocks are `plain_text`, in which Slack interprets nothing."""
    head = f"{_EMOJI[alert.severity]} [{environment}] {alert.title}"
    return {
        "text": escape_slack(head),
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": head[:150], "emoji": False}},
            {"type": "section", "text": {"type": "plain_text", "text": (alert.text or "–")[:3000], "emoji": False}},
            {"type": "context", "elements": [{"type": "plain_text", "text": _about(alert)[:2000], "emoji": False}]},
        ],
    }


def to_email(alert: Alert, environment: str) -> tuple[str, str]:
    """(subject, body), both plain text; the subject is one line."""
    return f"[{environment}] {alert.severity}: {alert.title}", f"{alert.text}\n\n{_about(alert)}\n"


def to_sentry(alert: Alert, environment: str) -> JsonObject:
    """A Sentry event; the fingerprint groups what is one fault, in whichever run."""
    return {
        "level": _SENTRY_LEVEL[alert.severity],
        "environment": environment,
        "message": {"formatted": f"{alert.title}\n{alert.text}"},
        "tags": {"subject": alert.subject[:200]} | ({"run": alert.run} if alert.run else {}),
        "fingerprint": [alert.group or alert.dedup_key],
    }


def escape_slack(text: str) -> str:
    """For fields where Slack reads `<@U1>` and `<!channel>` as mentions."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _about(alert: Alert) -> str:
    return f"about {alert.subject}" + (f" · run {alert.run}" if alert.run else "")
