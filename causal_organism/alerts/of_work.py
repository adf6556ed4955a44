"""Faults of runs, assets, the stream and the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from causal_organism.alerts.alerts import ERROR, WARNING
from causal_organism.alerts.faults import Fault, FaultKind, key_of
from causal_organism.documents.assets import AssetRow
from causal_organism.documents.json import text_in
from causal_organism.documents.network_audit import NetworkAudit
from causal_organism.documents.runs import RunRow
from causal_organism.documents.stream import StreamDocument
from causal_organism.wording.amounts import count, duration

BROKEN = frozenset({"FAILED", "CRASHED"})
LAG_S = 900.0
"""An interaction that waits for longer than three pulses is late."""


def failed_runs(runs: Sequence[RunRow], broken_assets: Mapping[str, str]) -> tuple[Fault, ...]:
    """Of each deployment and selection the newest run that has ended, if it ended badly. `runs`: newest first, as in
    organism.runs/1; `broken_assets`: run -> an asset that failed in it, which explains it.
    """
    ended: dict[str, RunRow] = {}
    for run in runs:
        if run["deployment"] is not None and run["state_type"] in BROKEN | {"COMPLETED"}:
            ended.setdefault(_work_of(run), run)
    return tuple(_run_failed(work, run, broken_assets) for work, run in ended.items() if run["state_type"] in BROKEN)


def asset_faults(assets: Sequence[AssetRow]) -> tuple[Fault, ...]:
    """Of organism.assets/1: what failed or was rejected at its last try, what passed no check, and what is late."""
    blocked: dict[str, list[str]] = {}
    for asset in assets:
        for key in {each["key"] for each in asset["failed_upstream"]} | set(asset["blocked_by"]):
            blocked.setdefault(key, []).append(asset["key"])
    found = [fault for asset in assets for fault in _of_asset(asset, blocked.get(asset["key"], []))]
    return tuple(found)


def stream_faults(stream: StreamDocument, *, name: str, letters_before: int | None) -> tuple[Fault, ...]:
    """Of `stream` in organism.queues/1. `letters_before`: dead letters when they were last counted, None: never."""
    found = []
    if stream["lag"] and (stream["lag_s"] or 0.0) > LAG_S:
        found.append(
            Fault(
                kind=FaultKind.STREAM_LAG,
                subject=name,
                text=f"the network is {count(stream['lag'])} interactions behind the stream; the oldest waits for"
                f" {duration(stream['lag_s'])}",
                hint="`organism runs` shows whether pulses run; `organism pulse` takes in what is there",
            )
        )
    letters = stream["dead_letters"]
    if letters_before is not None and letters > letters_before:
        found.append(
            Fault(
                kind=FaultKind.DEAD_LETTERS,
                subject=name,
                text=f"{count(letters - letters_before)} interactions were refused; {count(letters)} dead letters now",
                hint="`organism dead-letters` says why; `organism dead-letters retry` sends them again after a fix",
                severity=WARNING,
            )
        )
    gap = stream["gap"]
    if gap and not gap["reread_at"]:
        lost = "an unknown number of" if gap["missing"] is None else count(gap["missing"])
        found.append(
            Fault(
                kind=FaultKind.GAP,
                subject=f"{name} after {gap['after']}",
                text=f"gap in {name}: {lost} interactions were trimmed before they were read, after {gap['after']}",
                hint="ingest them again from their origin, or restore the stream and run `organism stream reread`",
            )
        )
    return tuple(found)


def calibration_faults(results: Any) -> tuple[Fault, ...]:
    """Of organism.intervention-results/1: types that are suspended: the last ones did not do what was expected."""
    types = results.get("types", {}) if isinstance(results, Mapping) else {}
    return tuple(
        Fault(
            kind=FaultKind.CALIBRATION,
            subject=name,
            text=f"what is expected of {name} is not what comes of it: {count(found['alarms'])} of"
            f" {count(found['measured'])} that were measured did something else, the last ones among them; nothing of"
            " it is proposed any more",
            hint="`organism read interventions/results` shows what was expected and measured of each; one that does"
            " what was expected ends the suspension",
            severity=WARNING,
        )
        for name, found in sorted(types.items())
        if found["suspended"]
    )


def network_fault(audit: NetworkAudit | None) -> Fault | None:
    """The last comparison of the network with the archive found a difference that was not repaired."""
    if audit is None or audit["same"] or audit["repaired"] or audit.get("older_format") is not None:
        return None
    return Fault(
        kind=FaultKind.NETWORK_DIFFERS,
        subject="network",
        text=f"the network differs from the archive at batch {audit['batch']}",
        hint="`organism check --network --repair` makes it again from the archive",
    )


def _work_of(run: RunRow) -> str:
    selection = text_in(run["parameters"], "selection")
    return f"{run['deployment']} {selection}" if selection else str(run["deployment"])


def _run_failed(work: str, run: RunRow, broken_assets: Mapping[str, str]) -> Fault:
    again = " again on retry" if run["tries"] > 1 else ""
    asset = broken_assets.get(run["id"])
    return Fault(
        kind=FaultKind.RUN_FAILED,
        subject=work,
        text=f"{work} {'crashed' if run['state_type'] == 'CRASHED' else 'failed'}{again}: "
        f"{run['message'] or 'it ended without saying why'}",
        hint=f"`organism run {run['id']}` shows its steps and logs; `organism retry {run['id']}` runs it again from the"
        " failure",
        run=run["id"],
        cause=key_of(FaultKind.ASSET_FAILED, asset) if asset else None,
    )


def _of_asset(asset: AssetRow, behind: Sequence[str]) -> list[Fault]:
    key, attempt, found = asset["key"], asset["attempt"], []
    waiting = f"; blocked behind it: {', '.join(behind)}" if behind else ""
    if attempt is not None:
        rejected = attempt["outcome"] == "rejected"
        verb = "was rejected by a check" if rejected else "failed"
        found.append(
            Fault(
                kind=FaultKind.ASSET_REJECTED if rejected else FaultKind.ASSET_FAILED,
                subject=key,
                text=f"{key} {verb}: {attempt['error'] or 'no error was given'}{waiting}",
                hint=f"`organism why {key}` says more; its last version stands",
                severity=ERROR,
                run=attempt["run"],
            )
        )
    failed = [each["name"] for each in asset["checks"] if not each["passed"] and not each["blocking"]]
    if failed:
        found.append(
            Fault(
                kind=FaultKind.CHECK_FAILED,
                subject=key,
                text=f"{key} did not pass {', '.join(failed)}",
                hint=f"`organism versions {key}` shows them",
                severity=WARNING,
            )
        )
    fresh = asset["freshness"]
    if fresh is not None and fresh["state"] == "late":
        found.append(
            Fault(
                kind=FaultKind.ASSET_LATE,
                subject=key,
                text=f"{key} is late by {duration(fresh['late_by_s'])}",
                hint=f"`organism why {key}` says why it was not made",
                severity=WARNING,
                cause=key_of(FaultKind.ASSET_FAILED, key),
            )
        )
    return found
