"""Why what a value says of one person, or of any other entity, changed between two versions: organism.blame/1."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

from causal_organism.documents.assets import Placed
from causal_organism.documents.json import Json


class Moved(TypedDict):
    """A value before and after; None: there was, or is, none."""

    was: Json
    now: Json


class BlamedRow(TypedDict):
    """A row that came or went. `row`: the entity, or what tells its row from others that are about it."""

    row: str
    cells: Mapping[str, Json]


class BlamedCell(Moved):
    """A cell that differs; `row` as in BlamedRow."""

    row: str
    column: str


class BlamedTie(TypedDict):
    """A tie's weight, in the senders' unit, and its count, before and after."""

    source: str
    target: str
    weight_was: float
    weight_now: float
    count_was: int
    count_now: int


class BlamedInteraction(TypedDict):
    """`weight` in the sender's unit, `duration_s` None: it has none, `id` the sender's; None: none was sent."""

    entry: str
    source: str
    target: str
    at: str
    kind: str
    weight: float
    duration_s: float | None
    id: str | None


class CodeMove(TypedDict):
    """Two versions of the code that made something."""

    was: str
    now: str


class MakeRow(TypedDict):
    """How a version came to be. `restored_from`: the number of the older version that it repeats; None: it does not."""

    at: str
    run: str | None
    actor: str
    trigger: str
    restored_from: int | None


class BlamedPlace(Placed):
    """With the partition before, where that was another."""

    from_partition: NotRequired[dict[str, str]]


class BlameLook(TypedDict):
    """What differs about the entity in one asset.

    `known`: the value says anything of it. `others`: how many rows (of a network: ties) about others differ. `value`: a
    whole value that is one number, text or truth. `near`: ties of those whom the person is tied to, those between two
    of them first; their interactions are shown where no tie of the person changed. `joined`: the person came into the
    network. `more`: not all interactions are shown.
    """

    known: bool
    added: list[BlamedRow]
    removed: list[BlamedRow]
    changed: list[BlamedCell]
    others: int
    value: Moved | None
    ties: list[BlamedTie]
    near: list[BlamedTie]
    joined: bool
    interactions: list[BlamedInteraction]
    more: bool
    note: str | None


_Versions = TypedDict("_Versions", {"from": int | None, "to": int | None})


class BlameNode(BlamedPlace, _Versions, BlameLook):
    """One asset, and below it every input that differs between its two versions. `from` is None where there is nothing
    before, `to`, with `made`, where it is no input any more. `repeated`: told above already, without `inputs`."""

    code: CodeMove | None
    made: MakeRow | None
    repeated: bool
    inputs: "list[BlameNode]"


class BlameReason(TypedDict):
    """Where a walk ends: what `interactions` did, an import or a look at a source brought (`rows`), changed `code`,
    what was `restored`, `unknown`, or `elsewhere`: only rows about others changed there. `count`: of them."""

    kind: str
    key: str
    count: int


class BlameDocument(BlameNode):
    """organism.blame/1. `moved`: what is said of the entity differs."""

    schema: str
    person: str
    moved: bool
    reasons: list[BlameReason]
