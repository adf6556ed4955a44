"""Random asset graphs over numbers, and stores that break off, die, or take turns at every call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from causal_organism.assets.definitions import Asset, asset, source
from causal_organism.assets.partitions.dimensions import Dimension, Static
from causal_organism.assets.partitions.upstream import Upstream
from causal_organism.assets.partitions.windows import Daily
from causal_organism.engine.contents import load_value
from tests.engine.organisms import InMemory, memory_organism
from tests.waiting import PATIENCE_S

SITES: dict[str, Dimension] = {"site": Static("n", "s")}
DAYS: dict[str, Dimension] = {"day": Daily("2026-01-03")}  # two of them at the clock of the tests
DIMENSIONS: dict[str, dict[str, Dimension]] = {"whole": {}, "sites": SITES, "days": DAYS}


@dataclass(frozen=True)
class Rule:
    """What one asset computes: (number + its inputs) // divisor, so that some changes stop there."""

    key: str
    reads: tuple[str, ...]
    number: int
    divisor: int
    kind: str = "whole"  # whole, sites or days; days read their own day before

    @property
    def code(self) -> str:
        return f"{self.number}/{self.divisor}"

    def compute(self, inputs: list[Any]) -> int:
        return (self.number + sum(map(total, inputs))) // self.divisor


@dataclass
class World:
    """Sources by key, and rules in order; `failing` raise."""

    sources: dict[str, int]
    rules: list[Rule]
    failing: set[str] = field(default_factory=set)
    made: list[str] = field(default_factory=list)

    def assets(self) -> list[Asset]:
        looked = [source(key=key)(lambda key=key: self.sources[key]) for key in self.sources]
        return [*looked, *map(self._asset, self.rules)]

    def rule(self, key: str) -> Rule:
        return next(each for each in self.rules if each.key == key)

    def edited(self, key: str, number: int) -> World:
        """The same outside, with the code of one asset changed. `failing` and `made` are shared."""
        rules = [replace(each, number=number) if each.key == key else each for each in self.rules]
        return replace(self, rules=rules)

    def _asset(self, rule: Rule) -> Asset:
        names = [f"p{at}" for at in range(len(rule.reads))]
        reads: dict[str, Any] = dict(zip(names, rule.reads, strict=True))
        if rule.kind == "days":
            reads["before"] = Upstream(rule.key, day=-1)

        def call(**given: Any) -> int:
            self.made.append(rule.key)
            if rule.key in self.failing:
                raise ValueError("no way")
            return rule.compute([given[name] for name in sorted(given)])

        # A function whose parameters are known only here.
        parameters = ", ".join(reads)
        declared: Any = eval(
            f"lambda {parameters}: call(**dict({', '.join(f'{n}={n}' for n in reads)}))", {"call": call}
        )
        return asset(key=rule.key, reads=reads, code_version=rule.code, partitions=DIMENSIONS[rule.kind])(declared)


def total(value: Any) -> int:
    """A number for whatever one input is: a number, several partitions, or nothing."""
    if isinstance(value, dict):
        return sum(map(total, value.values()))
    return value or 0


@st.composite
def worlds(draw: st.DrawFn, *, partitions: bool = True, most: int = 6) -> World:
    """One or two sources, and some assets that read what comes before them."""
    sources = {f"s{at}": draw(st.integers(-5, 5)) for at in range(draw(st.integers(1, 2)))}
    rules: list[Rule] = []
    for at in range(draw(st.integers(1, most))):
        before = [*sources, *(each.key for each in rules)]
        reads = draw(st.lists(st.sampled_from(before), min_size=1, max_size=3, unique=True))
        kind = draw(st.sampled_from(["whole", "whole", "sites", "days"])) if partitions else "whole"
        rules.append(Rule(f"a{at}", tuple(reads), draw(st.integers(-3, 3)), draw(st.integers(1, 4)), kind))
    return World(sources, rules)


def contents(organism: Any) -> dict[tuple[str, str], str]:
    """Asset and partition -> the content of its head."""
    return {place: head.version.fingerprint for place, head in organism.ledger.heads().items()}


def from_nothing(world: World) -> Any:
    """An organism that never saw anything else."""
    return memory_organism(world.assets())


def check_history(organism: Any, rules: dict[tuple[str, str], Rule]) -> None:
    """Every version holds what its code makes of exactly the inputs that it names: those that it was made from first,
    and those that gave the same content last. `rules`: by key and code version."""
    ledger = organism.ledger
    for (key, partition), head in ledger.heads().items():
        numbers = [each.number for each in ledger.versions(key, partition)]
        assert numbers == list(range(len(numbers), 0, -1))
        for version in ledger.versions(key, partition):
            latest = head.latest if version.number == head.version.number else None
            for made in filter(None, (version.provenance, version.confirmed, latest)):
                rule = rules.get((key, made.code_version))
                if rule is None:  # a source
                    continue
                inputs = [_recorded(organism, label, each) for label, each in made.inputs.items()]
                assert load_value(organism, version) == rule.compute(inputs), (key, partition, version.number)


def _recorded(organism: Any, label: str, recorded: Any) -> int:
    key = label.partition("[")[0]
    if recorded is None:
        return 0
    if recorded.count is not None:
        listed = organism.values.load(recorded.manifest)
        found = [organism.ledger.version(key, each["version"], text) for text, each in listed.items()]
        return sum(load_value(organism, each) for each in found)
    version = organism.ledger.version(key, recorded.number, recorded.partition)
    assert version is not None
    assert version.fingerprint == recorded.fingerprint
    return total(load_value(organism, version))


class Killed(BaseException):
    """The process is gone: nothing that it would still have done happens."""


class Watched:
    """A store whose every call goes through `around(name, call)`."""

    def __init__(self, store: Any, around: Callable[[str, Callable[[], Any]], Any], is_dead: Callable[[], bool]):
        self._store, self._around, self._is_dead = store, around, is_dead

    def __getattr__(self, name: str) -> Any:
        if name == "hold":
            return self._hold
        found = getattr(self._store, name)
        return lambda *args, **kwargs: self._around(name, lambda: self._call(name, found, *args, **kwargs))

    def _call(self, name: str, found: Any, *args: Any, **kwargs: Any) -> Any:
        result = found(*args, **kwargs)
        if name != "describe":
            return result
        content, write = result
        return content, lambda: self._around("write", write)

    @contextmanager
    def _hold(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        held = self._store.hold(*args, **kwargs)
        lease = self._around("hold", held.__enter__)
        try:
            yield lease
        finally:
            if not self._is_dead():  # else it is held until it expires
                held.__exit__(None, None, None)


def watched(organism: Any, around: Callable[[str, Callable[[], Any]], Any], is_dead: Any = lambda: False) -> Any:
    """The same organism; every call of its ledger and its values goes through `around`."""
    changed = {name: Watched(getattr(organism, name), around, is_dead) for name in ("ledger", "values")}
    return InMemory(**{**vars(organism), **changed})


class Breaking:
    """Breaks at the n-th store call, before it happens or after (its answer is lost). With Killed it stays dead."""

    def __init__(self, at: int, error: BaseException, *, after: bool):
        self._left, self._error, self._after = at, error, after
        self.broke_in: str | None = None

    def __call__(self, name: str, call: Callable[[], Any]) -> Any:
        if self.is_dead():
            raise self._error
        self._left -= 1
        if self._left != 0:
            return call()
        if self._after:
            call()
        self.broke_in = name
        raise self._error

    def is_dead(self) -> bool:
        return self.broke_in is not None and isinstance(self._error, Killed)


class Turns:
    """Several threads that take turns at every store call, in an order that is given."""

    def __init__(self, order: list[int], jobs: list[Callable[[Callable[[str, Callable[[], Any]], Any]], None]]):
        self._order = list(order)
        self._now = threading.Condition()
        self._turn: int | None = None
        self._waiting: set[int] = set()
        self._ended: set[int] = set()
        self.errors: dict[int, BaseException] = {}
        self._threads = [threading.Thread(target=self._run, args=(at, job), daemon=True) for at, job in enumerate(jobs)]

    def play(self) -> None:
        for thread in self._threads:
            thread.start()
        everyone = set(range(len(self._threads)))
        while self._ended != everyone:
            with self._now:
                assert self._now.wait_for(lambda: self._waiting | self._ended == everyone, PATIENCE_S)
                ready = sorted(self._waiting)
                if not ready:
                    break
                self._turn = ready[(self._order.pop(0) if self._order else 0) % len(ready)]
                self._waiting.discard(self._turn)
                self._now.notify_all()
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def _run(self, at: int, job: Callable[[Callable[[str, Callable[[], Any]], Any]], None]) -> None:
        def around(name: str, call: Callable[[], Any]) -> Any:
            with self._now:
                self._waiting.add(at)
                self._now.notify_all()
                assert self._now.wait_for(lambda: self._turn == at, PATIENCE_S)
                self._turn = None
                return call()

        try:
            job(around)
        except BaseException as error:  # noqa: BLE001 - it is raised again by the test
            self.errors[at] = error
        with self._now:
            self._ended.add(at)
            self._now.notify_all()
