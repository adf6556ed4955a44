"""Numbers for monitoring: what `organism stats` counts; queues, stream, assets, disks and incidents as they are now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from causal_organism.documents.stats import MetricsDocument
from causal_organism.engine.history.listing import assets_document
from causal_organism.errors import OrganismError
from causal_organism.organism.stream.lag import stream_state
from causal_organism.platform.disk import measure_disks
from causal_organism.platform.stats import load_stats
from causal_organism.ports import Organism
from causal_organism.wording.amounts import age_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One number; `name` begins with `organism_` and ends with its unit."""

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


ABOUT: Mapping[str, str] = {
    "organism_up": "Whether what the other numbers are of could be asked.",
    "organism_runs": "Runs that were due or began in the window, by how they stand.",
    "organism_run_success_ratio": "Succeeded runs of those that succeeded or failed in the window.",
    "organism_run_retry_ratio": "Runs with more than one try of those that began in the window.",
    "organism_run_duration_seconds": "How long runs took that succeeded in the window.",
    "organism_run_wait_seconds": "From when runs were due to when they began, in the window.",
    "organism_queue_depth": "Runs that are due and not started.",
    "organism_queue_running": "Runs of the queue that go on.",
    "organism_queue_late": "Waiting runs that are past their time by 15 seconds.",
    "organism_queue_oldest_seconds": "How long the oldest waiting run waits.",
    "organism_queue_served": "Whether a worker asked for its work in the last minute.",
    "organism_workers_online": "Workers that were heard from lately.",
    "organism_stream_entries": "Entries in the stream.",
    "organism_stream_lag_entries": "Entries that are not in the network yet.",
    "organism_stream_lag_seconds": "How long the oldest of these waits.",
    "organism_dead_letters": "Interactions that were refused.",
    "organism_assets": "Assets by status.",
    "organism_asset_late": "Assets that are later than they promise.",
    "organism_asset_age_seconds": "Since the asset's head was made.",
    "organism_disk_used_ratio": "Share of a disk that is taken.",
    "organism_disk_left_bytes": "What is left of it.",
    "organism_incidents": "What the watcher sees to be wrong.",
}
"""Every metric, and what it says."""


def load_metrics(organism: Organism, *, window: timedelta) -> MetricsDocument:
    """organism.metrics/1. What cannot be asked gives no numbers, and 0 under `organism_up`; unknown is never 0."""
    found: list[Sample] = []
    for name, look in _LOOKS.items():
        try:
            found += look(organism, window)
            up = 1.0
        except OrganismError:
            up = 0.0
        found.append(Sample(name="organism_up", labels={"part": name}, value=up))
    return {
        "schema": "organism.metrics/1",
        "at": organism.now().isoformat(),
        "window_s": window.total_seconds(),
        "metrics": [{"name": each.name, "labels": dict(each.labels), "value": each.value} for each in found],
    }


def to_prometheus(document: MetricsDocument) -> str:
    """The text format 0.0.4 of Prometheus; all are gauges."""
    lines: list[str] = []
    for name, about in ABOUT.items():
        rows = [each for each in document["metrics"] if each["name"] == name]
        if rows:
            lines += [f"# HELP {name} {about}", f"# TYPE {name} gauge"]
            lines += [f"{name}{_labels(each['labels'])} {each['value']:.17g}" for each in rows]
    return "\n".join(lines) + "\n"


def _runs(organism: Organism, window: timedelta) -> Iterator[Sample]:
    for each in load_stats(organism, since=organism.now() - window)["by_deployment"]:
        labels = {"deployment": each["name"]}
        for outcome, number in (
            ("succeeded", each["succeeded"]),
            ("failed", each["failed"]),
            ("cancelled", each["cancelled"]),
            ("unfinished", each["unfinished"]),
        ):
            yield Sample(name="organism_runs", labels={**labels, "outcome": outcome}, value=number)
        yield from _known("organism_run_success_ratio", labels, each["success_rate"])
        yield from _known("organism_run_retry_ratio", labels, each["retry_rate"])
        for quantile, took_s, waited_s in (
            ("0.5", each["p50_s"], each["queue_wait_p50_s"]),
            ("0.95", each["p95_s"], each["queue_wait_p95_s"]),
        ):
            of_quantile = {**labels, "quantile": quantile}
            yield from _known("organism_run_duration_seconds", of_quantile, took_s)
            yield from _known("organism_run_wait_seconds", of_quantile, waited_s)


def _queues(organism: Organism, _window: timedelta) -> Iterator[Sample]:
    for each in organism.orchestrator.queues():
        labels = {"pool": each["pool"], "queue": each["name"]}
        for name, number in (("depth", each["depth"]), ("running", each["running"]), ("late", each["late"])):
            yield Sample(name=f"organism_queue_{name}", labels=labels, value=number)
        # Nothing waits: the oldest waits for no time at all.
        yield Sample(name="organism_queue_oldest_seconds", labels=labels, value=each["oldest_s"] or 0.0)
        yield from _known("organism_queue_served", labels, each["served"])
    online = sum(each["online"] for each in organism.orchestrator.workers())
    yield Sample(name="organism_workers_online", value=online)


def _stream(organism: Organism, _window: timedelta) -> Iterator[Sample]:
    state = stream_state(organism)
    labels = {"stream": organism.settings.stream}
    yield Sample(name="organism_stream_entries", labels=labels, value=state["length"])
    yield Sample(name="organism_stream_lag_entries", labels=labels, value=state["lag"])
    yield Sample(name="organism_stream_lag_seconds", labels=labels, value=state["lag_s"])
    yield Sample(name="organism_dead_letters", labels=labels, value=state["dead_letters"])


def _assets(organism: Organism, _window: timedelta) -> Iterator[Sample]:
    rows, now = assets_document(organism)["assets"], organism.now()
    for status, count in sorted(Counter(each["status"] for each in rows).items()):
        yield Sample(name="organism_assets", labels={"status": status}, value=count)
    for each in rows:
        if each["freshness"] is not None and each["freshness"]["state"] != "unknown":
            late = each["freshness"]["state"] == "late"
            yield Sample(name="organism_asset_late", labels={"key": each["key"]}, value=late)
        yield from _known("organism_asset_age_seconds", {"key": each["key"]}, age_s(each["made_at"], now))


def _disks(organism: Organism, _window: timedelta) -> Iterator[Sample]:
    for each in measure_disks(organism.settings):
        labels = {"folder": str(each.folder)}
        yield Sample(name="organism_disk_used_ratio", labels=labels, value=each.used)
        yield Sample(name="organism_disk_left_bytes", labels=labels, value=each.left_bytes)


def _incidents(organism: Organism, _window: timedelta) -> Iterator[Sample]:
    counts = Counter(each.fault.severity for each in organism.outbox.incidents())
    for severity in ("error", "warning"):
        yield Sample(name="organism_incidents", labels={"severity": severity}, value=counts[severity])


_LOOKS: Mapping[str, Callable[[Organism, timedelta], Iterable[Sample]]] = {
    "runs": _runs,
    "queues": _queues,
    "stream": _stream,
    "assets": _assets,
    "disks": _disks,
    "incidents": _incidents,
}


def _known(name: str, labels: Mapping[str, str], value: float | None) -> Iterator[Sample]:
    if value is not None:
        yield Sample(name=name, labels=labels, value=float(value))


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    pairs = (f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return "{" + ",".join(pairs) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
