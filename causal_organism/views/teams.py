"""Teams: how far they are tied within themselves, and to others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.roster import latest_rows
from causal_organism.network.snapshot import Snapshot
from causal_organism.views.kernels.ragged import summed
from causal_organism.views.scores import Scores, ratio


def teams(network: Snapshot, people: Mapping[str, NDArray[Any]], *, min_group: int) -> Scores:
    """One row per team of the roster (columns `id` and `team`), in order of name; the team is the `id`.

    `people`: members. `cohesion`: share of the pairs of members that are tied. `silo`: share of the weight of the
    members' ties that stays inside. `cross_ties`: pairs of a member and somebody else that are tied; who is not in
    the roster is somebody else. All but `people` are null for teams under `min_group`, so that no score can be led
    back to a person; `silo` also without ties. Of a person with several periods the last one counts.
    """
    people = latest_rows(people)
    named = np.array([team is not None for team in people["team"].tolist()], dtype=np.bool_)
    names, number = np.unique(people["team"][named].astype(str), return_inverse=True)
    members = np.bincount(number, minlength=len(names))
    team = np.full(network.people, len(names), dtype=np.int64)
    for person, of in zip(people["id"][named].tolist(), number.tolist(), strict=True):
        if (idx := network.index.get(person)) is not None:
            team[idx] = of
    ties = network.undirected
    one, other = team[ties.rows], team[ties.indices]
    inside = one == other
    internal, leaving = (np.bincount(one[each], minlength=len(names) + 1)[:-1] for each in (inside, ~inside))
    kept, passed = (summed(one[each], ties.weight[each], len(names) + 1)[:-1] for each in (inside, ~inside))
    shown = members >= min_group
    columns = {
        "cohesion": ratio(internal, members * (members - 1), undefined=np.nan),
        "silo": ratio(kept / 2, kept / 2 + passed, undefined=np.nan),
        "cross_ties": leaving.astype(np.float64),
    }
    hidden = {name: np.where(shown, values, np.nan) for name, values in columns.items()}
    return {"id": names.astype(object), "people": members.astype(np.int64), **hidden}
