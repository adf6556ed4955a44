"""Steps that do not depend on each other, and several of them made at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

from causal_organism.assets.graph import AssetGraph
from causal_organism.assets.planner import Place, PlanStep

Job = tuple[Place, ...]
"""What one thread makes, one after the other."""

_LOOK_S = 0.1  # a thread that is joined without end cannot be interrupted


def waves(graph: AssetGraph, steps: Sequence[PlanStep]) -> Iterator[tuple[Job, ...]]:
    """Jobs that do not depend on each other, wave after wave; a step comes in a later wave than all that it reads."""
    places: dict[str, list[str]] = {}
    for step in steps:
        places.setdefault(step.key, []).append(step.partition)
    depth: dict[str, int] = {}  # what is made together reads the same, so it has the same depth
    for key in graph.order:  # also through assets that are not in the plan
        depth[key] = max((depth[other] + 1 for other in graph.upstream(key)), default=0)
    found: dict[int, list[Job]] = {}
    for key in places:
        siblings = [each for each in graph[key].outputs or (key,) if each in places]
        if key == siblings[0]:
            found.setdefault(depth[key], []).extend(jobs_of(graph, siblings, places[key]))
    for level in sorted(found):
        yield tuple(found[level])


def work_together(jobs: Sequence[Job], make: Callable[[Place], None], parallel: int) -> None:
    """Do jobs in so many threads at once, begun in this order. After an error or ^C nothing further is begun."""
    if parallel == 1 or len(jobs) == 1:
        for job in jobs:
            for place in job:
                make(place)
        return
    left, taking = iter(jobs), threading.Lock()
    errors: list[BaseException] = []
    stopped = threading.Event()

    def work() -> None:
        while not stopped.is_set():
            with taking:
                job = next(left, None)
            if job is None:
                return
            try:
                for place in job:
                    if not stopped.is_set():
                        make(place)
            except BaseException as error:  # it is raised again where the threads were begun
                errors.append(error)
                stopped.set()

    # Daemons: a process that was interrupted does not wait for them; what is left unfinished holds nothing.
    threads = [threading.Thread(target=work, daemon=True, name=f"step {at}") for at in range(min(parallel, len(jobs)))]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(_LOOK_S)
    finally:
        stopped.set()
    if errors:
        raise errors[0]


def jobs_of(graph: AssetGraph, keys: Sequence[str], partitions: Sequence[str]) -> list[Job]:
    """Partitions of assets that are made together; one after the other where they read earlier ones of themselves."""
    made = {*keys, *(each for key in keys for each in graph[key].outputs)}
    in_turn = any(read.key in made for key in keys for read in graph.reads[key])
    jobs = [tuple((key, partition) for key in keys) for partition in partitions]
    return [tuple(place for job in jobs for place in job)] if in_turn and jobs else jobs
