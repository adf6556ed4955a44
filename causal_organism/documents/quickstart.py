"""What came of a quickstart."""

from typing import TypedDict

from causal_organism.documents.proposals import Intervention


class StartedRun(TypedDict):
    """One of its runs."""

    id: str
    flow: str | None
    state: str


class MadeRow(TypedDict):
    """An asset as it stands afterwards."""

    key: str
    version: int | None
    status: str
    rows: int | None
    seconds: float | None
    error: str | None


class StartedServer(TypedDict):
    """A server that goes on."""

    name: str
    product: str | None
    version: str | None
    address: str | None


class Conclusion(TypedDict):
    """What a treatment does to an outcome, in a segment of people, from `lo` to `hi`. None: it was refused."""

    outcome: str
    segment: str
    effect: float | None
    lo: float | None
    hi: float | None
    verdict: str
    reasons: list[str]


class Concluded(TypedDict):
    """What the effects say of themselves, of which this is looked at."""

    estimands: list[Conclusion]
    reasons: list[str]


class QuickstartDocument(TypedDict):
    """organism.quickstart/1. `concluded` None: nothing was."""

    schema: str
    seconds: float
    runs: list[StartedRun]
    made: list[MadeRow]
    concluded: Concluded | None
    proposals: list[Intervention]
    servers: list[StartedServer]
