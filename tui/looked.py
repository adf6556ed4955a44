"""When an organism was last looked at: one moment per context, in a file of whoever looks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from causal_organism.wording.amounts import moment


@dataclass(frozen=True, slots=True)
class Looked:
    """`context`: whose moment it is. A file that cannot be read or written tells nothing and stops nobody."""

    path: Path
    context: str

    def load(self) -> datetime | None:
        return moment(self._all().get(self.context))

    def save(self, at: datetime) -> None:
        """Replaces the file as a whole, so that nobody reads half of it."""
        text = json.dumps({**self._all(), self.context: at.isoformat()}, indent=1, sort_keys=True)
        new = self.path.with_suffix(".new")
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            new.write_text(text + "\n")
            new.replace(self.path)

    def _all(self) -> Mapping[str, Any]:
        try:
            found = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def looked_file(environ: Mapping[str, str]) -> Path:
    """`$XDG_STATE_HOME/organism/looked.json`."""
    folder = environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(folder).expanduser() / "organism" / "looked.json"
