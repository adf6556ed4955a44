"""Which alerts follow from what happened: one per failure, none for what merely waits behind it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from causal_organism.alerts.alerts import ERROR, INFO, WARNING, Alert
from causal_organism.assets.keys import UNPARTITIONED, label_of, partition_text
from causal_organism.assets.versions import CheckResult
from causal_organism.documents.refreshes import StepDocument

FAILED, REJECTED, BLOCKED = "failed", "rejected", "blocked"


def alerts_of_run(
    *, run: str, flow: str, outcome: str, steps: Sequence[StepDocument] = (), error: str | None = None
) -> tuple[Alert, ...]:
    """Alerts of a run that has ended for good; its steps in order of execution.

    A step that failed, or whose new content a check rejected, is one alert that names what it blocks. A run that
    failed without a failed step is one alert of its own. Anything else is none.
    """
    blocked = [step["key"] for step in steps if step["outcome"] == BLOCKED]
    alerts = [
        _of_step(step, run=run, flow=flow, blocked=blocked) for step in steps if step["outcome"] in (FAILED, REJECTED)
    ]
    if not alerts and outcome == FAILED:
        alerts.append(run_failed(run=run, flow=flow, error=error))
    return tuple(alerts)


def run_failed(*, run: str, flow: str, error: str | None) -> Alert:
    """The run as a whole failed."""
    return Alert(
        title=f"{flow} failed",
        text=f"{error or 'It ended without saying why.'}\n\n`organism run {run}` shows its steps and logs;"
        f" `organism retry {run}` runs it again from the failure. What was published before stands.",
        severity=ERROR,
        subject=flow,
        run=run,
        dedup_key=f"run-failed/{run}",
        group=f"run-failed/{flow}",
    )


def step_failed(*, key: str, run: str, flow: str, error: str | None, blocked: Sequence[str] = ()) -> Alert:
    """An asset could not be made, all tries included."""
    return Alert(
        title=f"{key} failed in {flow}",
        text=f"{error or 'No error was given.'}\n\n{_waiting(blocked)}Its last version stands."
        f" `organism run {run}` shows the logs; `organism retry {run}` tries again from here.",
        severity=ERROR,
        subject=key,
        run=run,
        dedup_key=f"step-failed/{run}/{key}",
        group=f"asset-failed/{key}",
    )


def check_failed(
    check: CheckResult,
    *,
    key: str,
    run: str,
    partition: str = UNPARTITIONED,
    blocked: Sequence[str] = (),
    has_head: bool = True,
) -> Alert:
    """A check of new content did not pass: rejected if it blocks, else published with a mark.

    `has_head`: a version was published before.
    """
    label = shlex.quote(label_of(key, partition))
    rejected = shlex.quote(f"{label_of(key, partition)}@rejected")
    if not check.blocking:
        fate, commands = "The new content was published and is marked.", f"`organism versions {label}` shows them."
    elif has_head:
        fate = "The new content was rejected and is kept for inspection; the version before stands."
        commands = f"`organism read {rejected}` shows it; `organism diff {label} {rejected}` what it would change."
    else:
        fate = "The new content was rejected and is kept for inspection; there is no version before it."
        commands = f"`organism read {rejected}` shows it."
    return Alert(
        title=f"check {check.name} of {key} failed",
        text=f"{check.detail or 'The check gave no detail.'}\n\n{fate} {_waiting(blocked)}{commands}",
        severity=ERROR if check.blocking else WARNING,
        subject=key,
        run=run,
        dedup_key=f"check-failed/{run}/{key}/{check.name}",
        group=f"check-failed/{key}/{check.name}",
    )


def head_rejected(
    *, key: str, run: str, check: str, detail: str, partition: str = UNPARTITIONED, blocked: Sequence[str] = ()
) -> Alert:
    """What there is did not pass a blocking check that was added or changed since it was made."""
    label = shlex.quote(label_of(key, partition))
    return Alert(
        title=f"check {check} of {key} failed",
        text=f"{detail or 'The check gave no detail.'}\n\nIt was run on the version that readers see, which stays"
        f" and is marked; nothing is made from it. {_waiting(blocked)}`organism show {label}` shows its checks;"
        f" `organism checks run {label}` runs them again.",
        severity=ERROR,
        subject=key,
        run=run,
        dedup_key=f"check-failed/{run}/{key}/{check}",
    )


def gap_detected(*, stream: str, after: str, before: str, missing: int | None) -> Alert:
    """Entries of the stream were trimmed before they were read. One alert per gap, whoever notices it."""
    lost = "an unknown number of entries" if missing is None else "1 entry" if missing == 1 else f"{missing:,} entries"
    return Alert(
        title=f"gap in {stream}: interactions were lost",
        text=f"Removed from the stream before they were read: {lost} after {after} and before {before}."
        " The network does not have them. Ingest them again from their origin: what has an `id` is applied once; or"
        " restore the stream. `organism stream reread` makes the next pulse read the whole of it again; what is known"
        " already does not count twice.",
        severity=ERROR,
        subject=stream,
        run=None,
        dedup_key=f"gap/{stream}/{after}/{before}",
    )


def network_differs(*, run: str | None, at: str, what: str, differences: Sequence[str], repaired: bool) -> Alert:
    """An audit found the network to be other than the archive says. One alert per audit."""
    fate = "It was made again from the archive." if repaired else (
        "It was left as it is: `organism check --network --repair` makes it again from the archive."
    )  # fmt: skip
    return Alert(
        title="the network differs from the archive",
        text="\n".join(filter(None, (what, *differences, "", fate, "`organism audit` keeps the list."))),
        severity=ERROR,
        subject="network",
        run=run,
        dedup_key=f"network-differs/{at}",
    )


def trial_alert(*, environment: str, sent_by: str) -> Alert:
    """For `organism alerts test`: proves that a channel works. Never held back as a repetition of another day's."""
    return Alert(
        title="test alert: nothing is wrong",
        text=f"{sent_by} asked whether alerts from {environment} arrive here. They do.",
        severity=INFO,
        subject="alerts",
        run=None,
        dedup_key=f"test/{environment}/{sent_by}",
    )


def fresh(alerts: Sequence[Alert], sent: frozenset[str]) -> tuple[Alert, ...]:
    """Those whose key was neither sent before nor stands earlier among them."""
    kept: dict[str, Alert] = {}
    for alert in alerts:
        if alert.dedup_key not in sent:
            kept.setdefault(alert.dedup_key, alert)
    return tuple(kept.values())


def _of_step(step: StepDocument, *, run: str, flow: str, blocked: Sequence[str]) -> Alert:
    key, error = step["key"], step["error"]
    if step["outcome"] == REJECTED:
        failed = step.get("failed_checks") or []
        check = ", ".join(each["name"] for each in failed) or "?"
        detail = failed[0]["detail"] if len(failed) == 1 else str(error or "")
        partition = partition_text(step.get("partition"))
        if step.get("of_head"):
            return head_rejected(key=key, run=run, check=check, detail=detail, partition=partition, blocked=blocked)
        return check_failed(
            CheckResult(name=check, passed=False, blocking=True, detail=detail),
            key=key,
            run=run,
            partition=partition,
            blocked=blocked,
            has_head=step["version"] is not None,
        )
    return step_failed(key=key, run=run, flow=flow, error=error, blocked=blocked)


def _waiting(blocked: Sequence[str]) -> str:
    return f"Blocked behind it: {', '.join(blocked)}. " if blocked else ""
