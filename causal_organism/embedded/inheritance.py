"""What the worker gets of the environment of who started the home."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields

from causal_organism.embedded.home import Home
from causal_organism.settings import Settings, running_servers

_KEPT = {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH"}


def worker_variables(home: Home, environ: Mapping[str, str]) -> dict[str, str]:
    """Variables for the worker's flows: our settings, where to find code, and the usual ones of a session.

    Addresses of this home's own servers are left out, since the worker reads those from the home, where they are
    current; so their passwords stand in no environment.
    """
    names = {name for each in fields(Settings) if (name := each.metadata["env"]) and not name.startswith("PREFECT_")}
    names |= {f"{name}_FILE" for name in names} | {name for name in environ if name.startswith("ORGANISM_")} | _KEPT
    own = running_servers(home.folder)
    found = {name: environ[name] for name in sorted(names) if name in environ and environ[name] != own.get(name)}
    for name in ("ORGANISM_HOME", "ORGANISM_READ_ONLY", "ORGANISM_EMBEDDED_HOME"):
        found.pop(name, None)
    if "PYTHONPATH" in found:
        entries = found["PYTHONPATH"].split(os.pathsep)
        found["PYTHONPATH"] = os.pathsep.join(os.path.abspath(entry) for entry in entries)  # noqa: PTH100 (text, not Path)
    return found
