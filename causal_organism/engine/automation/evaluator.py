"""Decides about automated assets, partition by partition, by the ledger as it stood at one moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from causal_organism.assets.automation.conditions import AllInputs, AnyInput, named_keys, parts_of
from causal_organism.assets.automation.decisions import AutomationState, Decision, decide, waits_for_a_make
from causal_organism.assets.blocking import Blocker, Blocking
from causal_organism.assets.definitions import SOURCE, AssetSpec
from causal_organism.assets.freshness.cause_words import attempt_text
from causal_organism.assets.freshness.causes import CheckChanged
from causal_organism.assets.freshness.staleness import FRESH, STALE, worst_of
from causal_organism.assets.keys import UNPARTITIONED, AssetRef, partition_of
from causal_organism.assets.outcomes import Outcome
from causal_organism.assets.partitions.mappings import Many
from causal_organism.assets.partitions.windows import Windows
from causal_organism.assets.versions import Head
from causal_organism.engine.hindrances import blockers_by_partition, from_outside
from causal_organism.engine.snapshot import LedgerSnapshot, load_snapshot
from causal_organism.ports import Consideration, Evaluated
from causal_organism.wording.causes import text_of


@dataclass(frozen=True, slots=True)
class AssetDecision:
    """What was decided of the partitions of an asset that are out of date; one empty text: of all of it.

    `waits`: a moment of a cron expression came for what was never made, and no make has used it up.
    """

    partitions: Mapping[str, Decision]
    waits: bool

    @property
    def whole(self) -> Decision:
        """The first that is made, or else waits, or else the newest."""
        found = list(self.partitions.values())
        chosen = [each for each in found if each.run] or [each for each in found if each.held] or found[-1:]
        return chosen[0]

    def to_record(self, spec: AssetSpec, at: datetime, run: str | None, *, waits: bool) -> Evaluated:
        decision = self.whole
        return Evaluated(
            key=spec.key, at=at, run=run, condition=str(spec.automation), chosen=decision.run, held=decision.held,
            because=decision.because, waits=waits,
        )  # fmt: skip


class Evaluator:
    """Decides about assets in order of the graph, all as of one moment. What it chose is about to be made."""

    def __init__(self, snapshot: LedgerSnapshot, known: Mapping[str, Consideration]):
        self.snapshot = snapshot
        self.at = snapshot.at  # and stays, so that no moment of a cron expression is passed over
        self._known = known
        self._chosen: dict[str, set[str]] = {}  # derived assets -> their partitions
        self._blocking = Blocking(snapshot)  # of those chosen
        self._busy = frozenset(snapshot.organism.ledger.held())

    def look_again(self) -> None:
        """After sources changed."""
        self.snapshot = load_snapshot(self.snapshot.organism, code=self.snapshot.code)
        self._blocking = Blocking(self.snapshot)  # derived assets are decided about after the last look

    def decide_all(self, keys: Collection[str]) -> dict[str, AssetDecision]:
        """In order of the graph."""
        graph = self.snapshot.organism.graph
        return {key: self._decide_asset(graph[key]) for key in graph.in_order(keys)}

    def _decide_asset(self, spec: AssetSpec) -> AssetDecision:
        found, waits = {}, False
        for partition in self._to_consider(spec):
            state = self._state(spec, partition)
            found[partition] = decision = self._decide(spec, partition, state)
            waits |= spec.kind != SOURCE and state.made_at is None and waits_for_a_make(spec.automation, state)
            if decision.run and spec.kind != SOURCE:
                self._chosen.setdefault(spec.key, set()).add(partition)
                self._blocking.add(spec.key, partition, spec.together)
        return AssetDecision(found, waits)

    def _to_consider(self, spec: AssetSpec) -> list[str]:
        """Partitions that are out of date or about to be; one empty text: there are none, or the asset has none."""
        if not spec.partitions:
            return [UNPARTITIONED]
        judged = self.snapshot.partition_judgements(spec.key)
        return [each for each, now in judged if now.status != FRESH or self._changing(spec, each)] or [UNPARTITIONED]

    def _decide(self, spec: AssetSpec, partition: str, state: AutomationState) -> Decision:
        decision = decide(spec.key, spec.automation, state)
        head = self.snapshot.head(spec.key, partition)
        if decision.run and head is not None and head.pinned:
            return Decision(False, f"not now, because it is pinned at {head.version.number}", held=True)
        if state.failed_alike and not decision.run and self._changing(spec, partition):
            return replace(decision, held=True)  # it may end otherwise once they are made
        return decision

    def _state(self, spec: AssetSpec, partition: str) -> AutomationState:
        snapshot, key, past = self.snapshot, spec.key, self._known.get(spec.key)
        judgement, changing = snapshot.judge(key, partition), self._changing(spec, partition)
        heads = self._heads(key, partition)
        attempt = snapshot.attempt(key, partition) if self._is_one(spec, partition) else snapshot.latest_attempt(key)
        made_at = max((head.confirmed_at for head in heads), default=None)
        looked = past.last_chosen.at if past and past.last_chosen and spec.kind == SOURCE else None
        tries = [each for each in (made_at, attempt.at if attempt else None, looked) if each is not None]
        attempted_at = max(tries, default=None)
        return AutomationState(
            now=self.at,
            status=STALE if judgement.status == FRESH and changing else judgement.status,
            is_source=spec.kind == SOURCE,
            is_latest=not partition or snapshot.is_latest(key, partition),
            causes=(*map(text_of, judgement.causes), *(f"{other} is about to be made" for other in changing)),
            considered_at=self._considered_at(spec, partition, past),
            made_at=made_at,
            attempted_at=attempted_at,
            updated_at=self._updated_at(spec, partition),
            reads=spec.inputs,
            inputs=self._input_states(spec, partition, attempted_at),
            checks={each.name: each.passed for head in heads[-1:] for each in head.checks},
            blockers=self._blockers(spec, partition),
            being_made=self._being_made(spec, partition),
            failed_alike=None if spec.kind == SOURCE else last_try_alike(snapshot, key, partition),
            cooldown=spec.cooldown,
        )

    def _is_one(self, spec: AssetSpec, partition: str) -> bool:
        """Whether this is one thing to make: not all partitions of an asset together."""
        return bool(partition) or not spec.partitions

    def _heads(self, key: str, partition: str) -> tuple[Head, ...]:
        if not partition:
            return self.snapshot.heads_of(key)
        head = self.snapshot.head(key, partition)
        return () if head is None else (head,)

    def _considered_at(self, spec: AssetSpec, partition: str, past: Consideration | None) -> datetime | None:
        """A moment before a window of time was there is not one of its own; that at which it ends is."""
        considered = past.considered_at if past else None
        if considered is None or not partition:
            return considered
        names = partition_of(partition)
        came = [
            dimension.begins(dimension.number(names[name]) + (not dimension.open)) - timedelta(seconds=1)
            for name, dimension in spec.partitions.items()
            if isinstance(dimension, Windows)
        ]
        return max((considered, *came))

    def _read(self, spec: AssetSpec, partition: str) -> dict[str, list[AssetRef]]:
        """What is read of each upstream asset; earlier windows of its own are left out."""
        if not self._is_one(spec, partition):
            return {key: [(key, text) for text in self.snapshot.space(key).texts] for key in spec.inputs}
        found: dict[str, list[AssetRef]] = {key: [] for key in spec.inputs}
        for each in self.snapshot.inputs(spec.key, partition):
            found[each.key] += [
                (each.key, text) for text in (each.partitions if isinstance(each, Many) else (each.partition,))
            ]
        return {key: refs for key, refs in found.items() if key not in {spec.key, *spec.outputs}}

    def _changing(self, spec: AssetSpec, partition: str) -> tuple[str, ...]:
        """Keys of what it reads that is about to be made."""
        if not any(key in self._chosen for key in spec.inputs):
            return ()
        read = self._read(spec, partition)
        return tuple(key for key in read if any(text in self._chosen.get(key, ()) for _, text in read[key]))

    def _being_made(self, spec: AssetSpec, partition: str) -> frozenset[str]:
        if not self._busy:
            return frozenset()
        own = {(key, text) for key, text in self._busy if key in spec.together}
        own = {ref for ref in own if not self._is_one(spec, partition) or ref[1] == partition}
        read = {ref for refs in self._read(spec, partition).values() for ref in refs} & self._busy
        return frozenset(key for key, _ in own | read) | (frozenset(key for key, _ in self._busy) & {*spec.deps})

    def _blockers(self, spec: AssetSpec, partition: str) -> tuple[Blocker, ...]:
        if spec.kind == SOURCE:
            return ()
        if not self._is_one(spec, partition):
            found = tuple(blockers_by_partition(self.snapshot, spec.key, self._blocking.trial()).values())
            return from_outside(self.snapshot, spec.key, found)
        blockers = self._blocking.find(spec.key, partition)
        return from_outside(self.snapshot, spec.key, (blockers,)) or blockers

    def _updated_at(self, spec: AssetSpec, partition: str) -> Mapping[str, datetime]:
        """When what it reads was published, and what its conditions name."""
        named = {key: [(key, text) for text in self.snapshot.space(key).texts] for key in named_keys(spec.automation)}
        found = {}
        for key, refs in (named | self._read(spec, partition)).items():
            heads = [head for head in (self.snapshot.head(*ref) for ref in refs) if head is not None]
            if any(text in self._chosen.get(key, ()) for _, text in refs):
                found[key] = self.at
            elif heads:
                found[key] = max(head.version.made_at for head in heads)
        return found

    def _input_states(
        self, spec: AssetSpec, partition: str, attempted_at: datetime | None
    ) -> dict[str, AutomationState]:
        """How what it reads stands, where its conditions ask for that."""
        if not any(isinstance(each, AllInputs | AnyInput) for each in parts_of(spec.automation)):
            return {}
        updated = self._updated_at(spec, partition)
        return {
            key: self._input_state(key, refs, attempted_at, updated)
            for key, refs in self._read(spec, partition).items()
        }

    def _input_state(
        self, key: str, refs: list[AssetRef], attempted_at: datetime | None, updated: Mapping[str, datetime]
    ) -> AutomationState:
        judgement = worst_of([self.snapshot.judge(*ref) for ref in refs])
        heads = [head for head in (self.snapshot.head(*ref) for ref in refs) if head is not None]
        checks: dict[str, bool] = {}
        for result in (result for head in heads for result in head.checks):
            checks[result.name] = checks.get(result.name, True) and result.passed
        return AutomationState(
            now=self.at, status=judgement.status, causes=tuple(map(text_of, judgement.causes)),
            is_latest=any(not text or self.snapshot.is_latest(key, text) for _, text in refs),
            attempted_at=attempted_at, updated_at=updated, reads=(key,), checks=checks,
        )  # fmt: skip


def last_try_alike(snapshot: LedgerSnapshot, key: str, partition: str) -> str | None:
    """How the last try of an asset or partition ended, if it failed with the code and the inputs of this snapshot."""
    attempt = snapshot.attempt(key, partition)
    if attempt is None or (attempt.outcome is Outcome.REJECTED and _has_other_checks(snapshot, key, partition)):
        return None
    if not attempt.provenance.same_as(snapshot.provenance(key, partition)):
        return None
    return attempt_text(attempt.outcome, attempt.error)


def _has_other_checks(snapshot: LedgerSnapshot, key: str, partition: str) -> bool:
    """Whether checks are others than when it was made or checked last: what they rejected may pass now.

    Of what has no head, they are compared with those that rejected its last value.
    """
    if snapshot.is_made(key, partition):
        return any(isinstance(cause, CheckChanged) for cause in snapshot.judge(key, partition).causes)
    last = snapshot.organism.ledger.rejected(key, partition, limit=1)
    return any({each.name: each.code_version for each in one.checks} != snapshot.code[key].checks for one in last)
