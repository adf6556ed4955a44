"""`organism up --adopt`: a folder that was moved or copied becomes the home of its own that it is from now on."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from causal_organism.embedded.home import Home, locked, open_home
from causal_organism.embedded.ledger_copy import LedgerData, copy_ledger
from causal_organism.embedded.room import writing
from causal_organism.embedded.servers.server import NETWORK
from causal_organism.embedded.supervisor import LOCK, remove_traces
from causal_organism.errors import RefusedError
from causal_organism.homes import (
    LEDGER_PLACE,
    HomeState,
    Recognition,
    ledger_outside,
    recognize,
    record_identity,
    write_private,
)

_ENDING_S = 60.0


@dataclass(frozen=True, slots=True)
class Adoption:
    """What became of a home that was moved or copied, and where its ledger comes from."""

    state: HomeState
    of: Path | None
    ledger: LedgerData

    def describe(self) -> str:
        where = self.of or "an unknown place"
        if self.state is HomeState.MOVED:
            kept = self.ledger is LedgerData.KEPT
            what = "its data is kept" if kept else "the data of its ledger is gone, which starts empty"
            return f"adopted: the home was moved here from {where}; {what}"
        ledger = {
            LedgerData.KEPT: "the ledger that was copied with it",
            LedgerData.COPIED: f"a copy of the ledger of {where} as it is now",
            LedgerData.EMPTY: f"an empty ledger, as that of {where} is not there to be copied",
        }[self.ledger]
        return f"adopted: a home of its own, copied from {where}, with new ports and {ledger}"


def adopt(folder: Path) -> Adoption | None:
    """Take over a moved home with its data, or make a copied one independent; None if there is nothing to adopt.

    Raises:
        RefusedError: its servers still run, from its former path or in a container.
    """
    if not recognize(folder).is_strange:
        return None
    home = open_home(folder)
    with writing(home), locked(home.run / "up.lock"), locked(home.run / LOCK, limit_s=_ENDING_S) as mine:
        found = recognize(folder)
        if not found.is_strange:  # somebody else was faster
            return None
        if mine is None:  # a home that is moved while its servers run ends them by itself
            raise RefusedError(
                f"the servers of the home {folder} still run, from {found.of}",
                hint=f"stop them first: ORGANISM_HOME={found.of} organism down",
                code=f"home-{found.state}",
            )
        ledger = _keep(home) if found.state is HomeState.MOVED else _separate(home, found)
        remove_traces(home)
        (home.run / "request.json").unlink(missing_ok=True)
        record_identity(folder)
    return Adoption(found.state, found.of, ledger)


def _keep(home: Home) -> LedgerData:
    outside = ledger_outside(home.folder)
    if outside is not None and not outside.is_dir():
        (home.folder / LEDGER_PLACE).unlink()
        return LedgerData.EMPTY
    return LedgerData.KEPT


def _separate(home: Home, found: Recognition) -> LedgerData:
    """Nothing that the original uses is used: not its ports, not its ledger. Its passwords may be the same."""
    original = found.of
    if original is not None:
        _bring_missing_passwords(home, original)
    (home.folder / "ports.json").unlink(missing_ok=True)
    ledger = copy_ledger(home, original)
    if home.servers_file.exists():
        # It was copied while its servers ran, its files at different moments; it is made again from the archive.
        shutil.rmtree(home.folder / NETWORK, ignore_errors=True)
    return ledger


def _bring_missing_passwords(home: Home, original: Path) -> None:
    """Those that were not copied with the data that they open."""
    secrets = original / "secrets"
    for file in secrets.iterdir() if secrets.is_dir() else ():
        if not (home.private("secrets") / file.name).exists():
            write_private(home.private("secrets") / file.name, file.read_text())
