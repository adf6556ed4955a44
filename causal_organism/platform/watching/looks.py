"""What the watcher looks at. Each look asks one server; what cannot be asked is a fault itself and hides no other."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from causal_organism.alerts.faults import Fault, FaultKind, key_of
from causal_organism.alerts.of_servers import (
    clocks_differ,
    disk_faults,
    disk_fills,
    late_queues,
    not_scheduling,
    process_down,
    queues_without_worker,
    silent_workers,
)
from causal_organism.alerts.of_work import asset_faults, calibration_faults, failed_runs, network_fault, stream_faults
from causal_organism.alerts.of_workers import broken_imports
from causal_organism.documents.alerts import LetterMark, WatchMemory
from causal_organism.documents.runs import WorkerRow
from causal_organism.engine.history.listing import assets_document
from causal_organism.errors import OrganismError
from causal_organism.organism.decisions.results import load_all_results
from causal_organism.organism.projections.verify_network import last_audit
from causal_organism.organism.stream.clocks import measure_clocks
from causal_organism.organism.stream.lag import stream_state
from causal_organism.platform.disk import measure_disks
from causal_organism.platform.watching.log_looks import look_at_audit, look_at_imports
from causal_organism.platform.watching.worker_looks import find_broken_imports
from causal_organism.ports import Organism

RUNS_LOOKED_AT = 100
GROWING = timedelta(hours=1)
"""Dead letters that came within this are told; so long a worker that is gone is missed."""


_YOUNG = frozenset({"waiting", "starting"})


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the home, as `organism status` shows it."""

    name: str
    product: str
    state: str
    healthy: bool
    error: str | None
    needs: tuple[str, ...] = ()  # others without which it cannot be well


@dataclass(slots=True)
class Sight:
    """What one turn works with. `memory`: what the last turn remembered, and this one changes."""

    organism: Organism
    now: datetime
    memory: WatchMemory
    processes: Callable[[], Sequence[Process]] = tuple
    starting: frozenset[str] = field(default_factory=frozenset)  # servers that nobody can ask yet
    full_disk: str | None = None  # the key of its fault, which explains what is down
    down: dict[str, str] = field(default_factory=dict)  # server -> the process that is down, its own or one it needs
    live_runs: frozenset[str] = field(default_factory=frozenset)  # that may still be tried again
    broken_assets: dict[str, str] = field(default_factory=dict)  # run -> an asset that failed in it
    broken_imports: dict[str, str] = field(default_factory=dict)  # error -> key of the fault of who has it


@dataclass(frozen=True, slots=True)
class Look:
    """`kinds`: what is known once it was done. `server`: what is away where it fails and does not say which."""

    kinds: frozenset[FaultKind]
    server: str
    find: Callable[[Sight], list[Fault]]


def look_at_disks(sight: Sight) -> list[Fault]:
    """Folders that are nearly full."""
    disks = measure_disks(sight.organism.settings)
    asked = (disk_fills(str(each.folder), used=each.used, left_bytes=each.left_bytes) for each in disks)
    found = [each for each in asked if each is not None]
    sight.full_disk = next((each.key for each in found if each.kind is FaultKind.DISK_FULL), None)
    return [part for each in found for part in disk_faults(each)]


def look_at_processes(sight: Sight) -> list[Fault]:
    """Processes of the home that are down; those that have just started, and who needs these, are given time."""
    found = sight.processes()
    sight.starting = frozenset(each.name for each in found if each.state in _YOUNG)
    down = [each for each in found if not each.healthy and not sight.starting.intersection((each.name, *each.needs))]
    names = {each.name for each in down}
    behind = {each.name: next((need for need in each.needs if need in names), None) for each in found}
    sight.down = {name: need for name, need in behind.items() if need is not None} | {name: name for name in names}
    return [
        process_down(
            each.name, product=each.product, state=each.state, error=each.error,
            cause=sight.full_disk or _key_of_process(behind[each.name]),
        )
        for each in down
    ]  # fmt: skip


def _key_of_process(name: str | None) -> str | None:
    return None if name is None else key_of(FaultKind.PROCESS_DOWN, name)


def look_at_orchestrator(sight: Sight) -> list[Fault]:
    """Queues without a worker, late runs, workers that went away, schedules that nobody follows."""
    orchestrator = sight.organism.orchestrator
    health, queues, workers = orchestrator.health(), orchestrator.queues(), orchestrator.workers()
    unserved = queues_without_worker(queues)
    found = [*unserved, *late_queues(queues), *_missed_workers(sight, workers, unserved)]
    if not health["scheduling"]:
        found.append(not_scheduling(health["version"]))
    return found


def look_at_assets(sight: Sight) -> list[Fault]:
    """What failed in a run that may still be tried again is not told yet."""
    assets = assets_document(sight.organism)["assets"]
    for each in assets:
        attempt = each["attempt"]
        if attempt is not None and attempt["outcome"] == "failed" and attempt["run"]:
            sight.broken_assets.setdefault(attempt["run"], each["key"])
    return [each for each in asset_faults(assets) if each.run is None or each.run not in sight.live_runs]


def look_at_imports_of_workers(sight: Sight) -> list[Fault]:
    """Workers that cannot import the assets of a deployment."""
    found = find_broken_imports(sight.organism)
    sight.broken_imports = {each.error: key_of(FaultKind.WORKER_BROKEN, each.graph) for each in found}
    return list(broken_imports(found))


def look_at_runs(sight: Sight) -> list[Fault]:
    """Runs that failed, and whether a failed asset or a worker that could not import its assets explains it."""
    faults = failed_runs(sight.organism.orchestrator.runs(limit=RUNS_LOOKED_AT), sight.broken_assets)
    return [_explained(each, sight.broken_imports) for each in faults]


def note_live_runs(sight: Sight) -> list[Fault]:
    """Remember which runs have not ended; never a fault."""
    runs = sight.organism.orchestrator.runs(limit=RUNS_LOOKED_AT)
    ended = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
    sight.live_runs = frozenset(each["id"] for each in runs if each["state_type"] not in ended)
    return []


def look_at_stream(sight: Sight) -> list[Fault]:
    """Entries that wait or were lost, and new dead letters."""
    stream = stream_state(sight.organism)
    return list(
        stream_faults(
            stream, name=sight.organism.settings.stream, letters_before=_letters_before(sight, stream["dead_letters"])
        )
    )


def look_at_clocks(sight: Sight) -> list[Fault]:
    """A clock that differs from this machine's."""
    clocks = measure_clocks(sight.organism)
    return [clocks_differ(clocks.to_text(), machine=socket.gethostname())] if clocks.differ else []


def look_at_network(sight: Sight) -> list[Fault]:
    """A network that differs from the archive. Raises StoreError where its server is away."""
    sight.organism.network.position()
    fault = network_fault(last_audit(sight.organism))
    return [] if fault is None else [fault]


def look_at_results(sight: Sight) -> list[Fault]:
    """Whether what was expected of interventions of each type came true, as the last analysis has it."""
    return list(calibration_faults(load_all_results(sight.organism)))


def look_at_log(sight: Sight) -> list[Fault]:
    return look_at_audit(sight.organism, sight.memory, sight.now)


def look_at_removals(sight: Sight) -> list[Fault]:
    return look_at_imports(sight.organism, sight.now)


LOOKS = (
    Look(frozenset({FaultKind.DISK_FILLING, FaultKind.DISK_FULL}), "disk", look_at_disks),
    Look(frozenset({FaultKind.PROCESS_DOWN}), "home", look_at_processes),
    Look(
        frozenset({FaultKind.QUEUE_WITHOUT_WORKER, FaultKind.SCHEDULE_LATE, FaultKind.WORKER_SILENT}),
        "orchestrator",
        look_at_orchestrator,
    ),
    Look(frozenset(), "orchestrator", note_live_runs),
    Look(
        frozenset({FaultKind.ASSET_FAILED, FaultKind.ASSET_REJECTED, FaultKind.CHECK_FAILED, FaultKind.ASSET_LATE}),
        "ledger",
        look_at_assets,
    ),
    Look(frozenset({FaultKind.WORKER_BROKEN}), "ledger", look_at_imports_of_workers),
    Look(frozenset({FaultKind.RUN_FAILED}), "orchestrator", look_at_runs),
    Look(frozenset({FaultKind.CALIBRATION}), "ledger", look_at_results),
    Look(frozenset({FaultKind.AUDIT_BROKEN}), "ledger", look_at_log),
    Look(frozenset({FaultKind.IMPORT_REMOVED_MUCH}), "ledger", look_at_removals),
    Look(frozenset({FaultKind.STREAM_LAG, FaultKind.DEAD_LETTERS, FaultKind.GAP}), "stream", look_at_stream),
    Look(frozenset({FaultKind.CLOCK}), "stream", look_at_clocks),
    Look(frozenset({FaultKind.NETWORK_DIFFERS}), "network", look_at_network),
)


def look_once(organism: Organism, look: Look, sight: Sight) -> tuple[list[Fault], OrganismError | None]:
    """What it found, or why it could not look."""
    try:
        return look.find(sight), None
    except OrganismError as error:
        return [], error
    except Exception as error:  # noqa: BLE001 - a server may answer anything, and who watches must go on
        return [], OrganismError(f"{type(error).__name__}: {error}")


def _explained(fault: Fault, causes: Mapping[str, str]) -> Fault:
    """`causes`: error -> key of the fault that explains whatever ended with it."""
    cause = next((key for error, key in causes.items() if error in fault.text), fault.cause)
    return replace(fault, cause=cause)


def _missed_workers(sight: Sight, workers: Sequence[WorkerRow], unserved: Sequence[Fault]) -> list[Fault]:
    """A worker that is gone is missed where fewer are left: in a rollout its successor came first."""
    online = {each["name"]: sight.now.isoformat() for each in workers if each["online"]}
    known: dict[str, str] = {**sight.memory.get("workers", {}), **online}
    recent = {name: at for name, at in known.items() if sight.now - datetime.fromisoformat(at) < GROWING}
    sight.memory["workers"] = recent
    most = max(sight.memory.get("most_workers", 0), len(online))
    sight.memory["most_workers"] = most if len(recent) > len(online) else len(online)
    if len(online) >= most:
        return []
    return list(silent_workers(workers, recent=tuple(recent), unserved=unserved))


def _letters_before(sight: Sight, count: int) -> int:
    """From what number dead letters are growing: that of before the first of the last hour."""
    was: LetterMark = sight.memory.get("letters") or {"base": count, "last": count, "grown_at": None}
    grown_at = sight.now.isoformat() if count > was["last"] else was["grown_at"]
    base = min(was["base"], count)
    if grown_at is not None and sight.now - datetime.fromisoformat(grown_at) > GROWING:
        base, grown_at = count, None
    sight.memory["letters"] = {"base": base, "last": count, "grown_at": grown_at}
    return base
