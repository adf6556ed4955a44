"""The network as its server has it, compared with what the archive says."""

from typing import NotRequired, TypedDict, final

from causal_organism.documents.servers import ConnectionRow


class TieSums(TypedDict):
    """What the interactions of a tie add up to: their weight in millionths, their count, the first and the last."""

    weight_u: int
    count: int
    first_us: int
    last_us: int


class TieAmounts(TieSums):
    """The same of all interactions, and by kind."""

    kinds: dict[str, TieSums]


_Tie = TypedDict("_Tie", {"source": str, "target": str, "expected": TieAmounts | None, "is": TieAmounts | None})
_Person = TypedDict("_Person", {"idx": int, "expected": str | None, "is": str | None})


@final
class TieDifferenceRow(_Tie):
    """A tie as it should be and as it is; None: not there. `copies`: how many there are of it."""

    copies: int


@final
class PersonDifferenceRow(_Person):
    """Who should stand in a place of the network, and who does; None: nobody."""


class NetworkAudit(TypedDict):
    """`network` of organism.check/1. `differences`: the first of them. `error`: why they could not be compared tie by
    tie. `older_format`: in which an older version stored its ties, which is no difference; None: it did not."""

    at: str
    batch: int
    people: int
    ties: int
    same: bool
    differing_people: int
    differing_ties: int
    differences: list[TieDifferenceRow | PersonDifferenceRow]
    error: str | None
    repaired: bool
    older_format: int | None


class AdoptedRow(TypedDict):
    """The store of values that is the ledger's now, and what was before; None: there was none. `missing`: of so many
    `heads`, how many have no content there."""

    id: str
    where: str
    was: str | None
    heads: int
    missing: int


class ConnectionsDocument(TypedDict):
    """organism.check/1. `network`: where that was asked for; None: one side of it cannot be reached."""

    schema: str
    connections: list[ConnectionRow]
    network: NotRequired[NetworkAudit | None]
    adopted: NotRequired[AdoptedRow]


class LastAudit(NetworkAudit):
    """The last one as the ledger remembers it, without differences, and the run that made it; None: a person did."""

    run: str | None
