"""Workers, what each can import, and what is deployed: organism.graphs/1, organism.workers/1, organism.deploy-check/1.

Moments are ISO 8601 texts.
"""

from typing import TypedDict


class GraphStateRow(TypedDict):
    """An asset graph as a process finds it. `error` None: it can be used."""

    name: str
    file: str | None
    assets: int
    sources: int
    error: str | None
    hint: str | None


class GraphRow(GraphStateRow):
    """With the installed package that it is of, and a hash of its code. None: not known, or of none."""

    package: str | None
    code: str | None


class GraphsDocument(TypedDict):
    """organism.graphs/1: the graphs, and which code, Python and packages a process has. None: it does not say."""

    schema: str
    graphs: list[GraphRow]
    code: str | None
    python: str | None
    executable: str
    packages: dict[str, str]


class ToldFields(TypedDict):
    """A worker, and what it told. `told`: how that is known; `told_s`: how long ago; None: never."""

    pool: str
    name: str
    online: bool
    last_heartbeat: str | None
    told: str
    told_s: float | None
    process: str | None
    queues: list[str] | None
    graphs: list[GraphRow] | None
    code: str | None
    python: str | None
    packages: dict[str, str] | None


class ToldWorker(ToldFields):
    """With what is wrong with it, in sentences."""

    problems: list[str]


class WorkersDocument(TypedDict):
    """organism.workers/1. `unknown`: of which it is not known what they can import."""

    schema: str
    workers: list[ToldWorker]
    problems: list[str]
    unknown: list[str]


class RunImport(TypedDict):
    """What the last run on a host found. `assets`: its ORGANISM_ASSETS; `error` None: it could import them."""

    assets: str | None
    error: str | None
    at: str


class DeployDocument(TypedDict):
    """organism.deploy/1."""

    schema: str
    changed: list[str]


class DeployCheckDocument(TypedDict):
    """organism.deploy-check/1: what a setup would change, what keeps runs from starting, what operators changed."""

    schema: str
    missing: list[str]
    problems: list[str]
    drift: list[str]
    unpinned: list[str]
    unknown: list[str]
    ok: bool
