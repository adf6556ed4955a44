"""What the worker gets of the environment of who started the home."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from causal_organism.embedded.home import Home
from causal_organism.embedded.people import WORKER_LOGIN
from causal_organism.embedded.processes import MARK
from causal_organism.graphs import folders_of
from causal_organism.homes import write_private
from causal_organism.settings import HOME_LOGIN, Settings

_OF_THE_HOME = ("ORGANISM_", "PREFECT_")
_SECRETS = frozenset(each.metadata["env"] for each in fields(Settings) if each.metadata.get("secret"))


def worker_variables(environ: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Variables for the worker's flows: our settings, and where to find code.

    `own` are the variables of this home's servers. They are left out, since the worker reads those from the home,
    where they are current; so their passwords stand in no environment.
    """
    names = {name for each in fields(Settings) if (name := each.metadata["env"])}
    names |= {f"{name}_FILE" for name in names} | {name for name in environ if name.startswith("ORGANISM_")}
    names |= {"PYTHONPATH"}
    names -= {"ORGANISM_HOME", "ORGANISM_READ_ONLY", "ORGANISM_ACTOR", HOME_LOGIN, MARK}
    found = {
        name: environ[name]
        for name in sorted(names)
        if name in environ and not name.startswith("PREFECT_") and environ[name] not in own.values()
    }
    return _with_graph_folders(_with_absolute_path(found))


def keep_secrets(home: Home, variables: Mapping[str, str]) -> dict[str, str]:
    """The same with each secret in a file of the home (0600), which `<variable>_FILE` names: an environment is seen by
    every child, in crash reports, and by whoever may look at a process.
    """
    kept = dict(variables)
    for name in _SECRETS & kept.keys():
        file = home.private("secrets") / f"given-{name}"
        if value := kept.pop(name):  # a blank one is one that nobody set
            write_private(file, value)
            kept[f"{name}_FILE"] = str(file)
    return kept


def session_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What the supervisor gets, and its worker through it: a caller's environment without addresses and secrets."""
    kept = {name: value for name, value in environ.items() if not name.startswith(_OF_THE_HOME)}
    return _with_absolute_path({name: value for name, value in kept.items() if name not in _SECRETS})


def worker_environment(home: Home, caller: Mapping[str, str], **more: str) -> dict[str, str]:
    """The worker's environment: that of who started the home, with these variables of who asked last."""
    kept = session_environment(os.environ)
    # The Prefect API is on loopback; a proxy of the caller's must not get in between.
    for name in ("NO_PROXY", "no_proxy"):
        kept[name] = ",".join(filter(None, (kept.get(name), "127.0.0.1")))
    own = {"ORGANISM_HOME": str(home.folder), MARK: str(home.folder), HOME_LOGIN: WORKER_LOGIN}
    return {**kept, **caller, **more, **own}


def _with_graph_folders(environ: dict[str, str]) -> dict[str, str]:
    """The same with the folders of the asset graphs' modules on PYTHONPATH: the worker finds what is found here."""
    entries = environ["PYTHONPATH"].split(os.pathsep) if "PYTHONPATH" in environ else []
    new = [str(folder) for folder in folders_of(environ.get("ORGANISM_ASSETS")) if str(folder) not in entries]
    return {**environ, "PYTHONPATH": os.pathsep.join([*entries, *new])} if new else environ


def _with_absolute_path(environ: dict[str, str]) -> dict[str, str]:
    """The same with PYTHONPATH as seen from this folder, since the worker runs in another."""
    if "PYTHONPATH" not in environ:
        return environ
    entries = (str(Path(entry).absolute()) for entry in environ["PYTHONPATH"].split(os.pathsep))
    return {**environ, "PYTHONPATH": os.pathsep.join(entries)}
