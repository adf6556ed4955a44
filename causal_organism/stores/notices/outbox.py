"""Incidents and alerts on their way, in a folder: they outlive every process, and need no server."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from causal_organism.alerts.alerts import Alert
from causal_organism.alerts.deliveries import KEPT, Delivery, delivery_of
from causal_organism.alerts.incidents import Incident, incident_of
from causal_organism.documents.alerts import WatchMemory
from causal_organism.errors import StoreError
from causal_organism.homes import write_private

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class FolderOutbox:
    """ports.Outbox: a folder (0700) with `incidents.json` and a file per delivery. Every file is whole or not there.

    What finds no room on a full disk, of which people are to be told, is kept here until there is some.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._unwritten: dict[Path, str] = {}

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Only one process at a time changes what is here; others wait."""
        with self._errors():
            self._make_folder()
            lock = (self._folder / "lock").open("w")
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for path, text in tuple(self._unwritten.items()):
                self._write(path, text)
            yield

    def incidents(self) -> tuple[Incident, ...]:
        """Those that go on. Damaged ones are left out: their faults are seen and told again."""
        found = []
        for row in self._read(self._folder / "incidents.json").get("incidents", ()):
            with contextlib.suppress(KeyError, ValueError, TypeError):
                found.append(incident_of(row))
        return tuple(found)

    def memory(self) -> WatchMemory:
        """What the last look remembered for the next one, as counts."""
        found: WatchMemory = self._read(self._folder / "incidents.json").get("memory", {})
        return found

    def keep(self, incidents: Sequence[Incident], memory: WatchMemory) -> None:
        document = {"incidents": [each.to_document() for each in incidents], "memory": memory}
        self._write(self._folder / "incidents.json", json.dumps(document, indent=1))

    def put(self, alert: Alert, channels: Sequence[str], *, now: datetime, not_before: datetime | None = None) -> None:
        """An alert that is there already, sent or not, is left as it is."""
        for channel in channels:
            delivery = Delivery(channel=channel, alert=alert, put_at=now, next_at=not_before or now)
            if self._file(delivery) not in self._files():
                self.record(delivery)

    def record(self, delivery: Delivery) -> None:
        self._write(self._file(delivery), json.dumps(delivery.to_document()))

    def deliveries(self) -> tuple[Delivery, ...]:
        """All of them, oldest first."""
        found = []
        for path in self._files():
            with contextlib.suppress(KeyError, ValueError, TypeError):
                found.append(delivery_of(self._read(path)))
        return tuple(sorted(found, key=lambda each: (each.put_at, each.id)))

    def prune(self, now: datetime) -> None:
        for each in self.deliveries():
            if each.ended_at is not None and now - each.ended_at > KEPT:
                self._unwritten.pop(self._file(each), None)
                self._file(each).unlink(missing_ok=True)

    def _make_folder(self) -> None:
        self._deliveries().mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)

    def _deliveries(self) -> Path:
        return self._folder / "deliveries"

    def _file(self, delivery: Delivery) -> Path:
        return self._deliveries() / f"{delivery.id}.json"

    def _files(self) -> set[Path]:
        written = self._deliveries().glob("*.json") if self._deliveries().is_dir() else ()
        return {*written, *(path for path in self._unwritten if path.parent == self._deliveries())}

    def _write(self, path: Path, text: str) -> None:
        with self._errors():
            self._make_folder()
            try:
                write_private(path, text)
            except OSError as error:
                if error.errno not in _NO_ROOM:
                    raise
                self._unwritten[path] = text
            else:
                self._unwritten.pop(path, None)

    def _read(self, path: Path) -> Any:
        """A dict of JSON; an empty one where there is none that can be read."""
        try:
            found = json.loads(self._unwritten.get(path) or path.read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"{self._folder} cannot be written: {error.strerror or error}",
                hint="make room there, or give the watcher a folder of its own: ORGANISM_HOME",
            ) from error
