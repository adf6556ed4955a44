"""Interactions of a large organisation, drawn some weeks at a time, whenever they are asked for: their number costs no
memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.synthetic.events import (
    draw_contacts,
    draw_meetings,
    draw_messages,
    draw_reviews,
    hours_of,
    in_order,
    present,
)
from causal_organism.synthetic.interactions import TEXTS, Interactions
from causal_organism.synthetic.latents import Latents
from causal_organism.synthetic.structure import Structure

PERSON_WEEKS = 100_000
"""As many are drawn at once, with the lead-in; where there are no more in all, nothing is drawn twice."""
_MEETINGS, _REST, _CONTACTS = 20, 21, 22  # of the seed


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Streamed(Mapping[str, NDArray[Any]]):
    """Rows in order of time, as those of Interactions. `spans`: weeks that are drawn together, counted from the
    lead-in. `spoil`: what becomes of the rows of a span, given its place. By name, a whole column is put together."""

    structure: Structure
    latents: Latents
    spans: tuple[range, ...]
    seed: tuple[int, ...]
    first_us: int
    prefix: str
    spoil: Callable[[int, Interactions], Interactions]

    def meeting_hours(self) -> NDArray[np.float64]:
        """People x weeks, with the lead-in."""
        return np.concatenate(
            [
                hours_of(self._meetings(place), (self.structure.size, len(span)))
                for place, span in enumerate(self.spans)
            ],
            axis=1,
        )

    def parts(self) -> Iterator[Interactions]:
        """The rows, some weeks at a time."""
        contacts = draw_contacts(np.random.default_rng([*self.seed, _CONTACTS]), self.structure)
        number = 1
        for place, span in enumerate(self.spans):
            rng = np.random.default_rng([*self.seed, _REST, place])
            there, load = self._there(span), self.latents.load[:, span.start : span.stop]
            drawn = [
                self._meetings(place),
                draw_messages(rng, self.structure, there, load, contacts),
                draw_reviews(rng, self.structure, there),
            ]
            for part in drawn:
                part["week"] += np.int16(span.start)
            made = in_order(drawn, self.structure, first_us=self.first_us, prefix=self.prefix, first_number=number)
            number = made.numbers + 1
            yield self.spoil(place, made)

    def batches(self, size: int) -> Iterator[Interactions]:
        for part in self.parts():
            yield from part.batches(size)

    def _meetings(self, place: int) -> dict[str, NDArray[Any]]:
        """Weeks are counted from the span's first."""
        span = self.spans[place]
        wanted = np.where(self._there(span), self.latents.meetings_wanted[:, span.start : span.stop], 0)
        return draw_meetings(np.random.default_rng([*self.seed, _MEETINGS, place]), self.structure, wanted)

    def _there(self, span: range) -> NDArray[np.bool_]:
        return present(self.structure, self.latents.load.shape[1])[:, span.start : span.stop]

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in TEXTS:
            raise KeyError(name)
        return np.concatenate([part[name] for part in self.parts()])

    def __iter__(self) -> Iterator[str]:
        return iter(TEXTS)

    def __len__(self) -> int:
        return len(TEXTS)


def spans_of(people: int, weeks: int, *, apart_from: int | None) -> tuple[range, ...]:
    """Weeks that are drawn together, the lead-in before the first of them. `apart_from`: a span ends with that week."""
    size = max(PERSON_WEEKS // people, 1)
    ends = {*range(size, weeks + 1, size), weeks + 1, *(() if apart_from is None else (apart_from + 1,))}
    stops = sorted(end for end in ends if 0 < end <= weeks + 1)
    return tuple(map(range, [0, *stops[:-1]], stops))
