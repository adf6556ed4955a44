"""What the worker gets of the environment of who started the home."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields

from causal_organism.embedded.home import Home
from causal_organism.embedded.processes import MARK
from causal_organism.settings import Settings, running_servers

_LEFT_OUT = ("ORGANISM_HOME", "ORGANISM_READ_ONLY", "ORGANISM_ACTOR", MARK)


def worker_variables(home: Home, environ: Mapping[str, str]) -> dict[str, str]:
    """Variables for the worker's flows: our settings, and where to find code.

    Addresses of this home's own servers are left out, since the worker reads those from the home, where they are
    current; so their passwords stand in no environment.
    """
    names = {name for each in fields(Settings) if (name := each.metadata["env"]) and not name.startswith("PREFECT_")}
    names |= (
        {f"{name}_FILE" for name in names} | {name for name in environ if name.startswith("ORGANISM_")} | {"PYTHONPATH"}
    )
    own = running_servers(home.folder)
    found = {name: environ[name] for name in sorted(names) if name in environ and environ[name] != own.get(name)}
    for name in _LEFT_OUT:
        found.pop(name, None)
    if "PYTHONPATH" in found:
        entries = found["PYTHONPATH"].split(os.pathsep)
        found["PYTHONPATH"] = os.pathsep.join(os.path.abspath(entry) for entry in entries)  # noqa: PTH100 (text, not Path)
    return found


def worker_environment(home: Home, caller: Mapping[str, str], **more: str) -> dict[str, str]:
    """The worker's environment: that of who started the home, without its Prefect settings and addresses of ours."""
    dropped = ("ORGANISM_", "PREFECT_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    # The Prefect API is on loopback; a proxy of the caller's must not get in between.
    for name in ("NO_PROXY", "no_proxy"):
        kept[name] = ",".join(filter(None, (kept.get(name), "127.0.0.1")))
    return {**kept, **caller, **more, "ORGANISM_HOME": str(home.folder), MARK: str(home.folder)}
