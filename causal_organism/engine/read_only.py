"""May anything be changed here?"""

from __future__ import annotations

from causal_organism.ports import Organism


def refuse_read_only(organism: Organism) -> None:
    organism.settings.refuse_changes()
