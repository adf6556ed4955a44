"""Podman and buildah as they are used here: with storage of our own, and only what this machine can do."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".compose"
"""Images and what they are made of, from one time to the next; `make clean` removes it."""
PODMAN_COMPOSE = Path(sys.executable).with_name("podman-compose")
_PROGRAMS = ("podman", "buildah", "runc", "debootstrap", "catatonit", "netavark", "aardvark-dns", "iptables")
_FOLDERS = ("/usr/lib/podman", "/usr/libexec/podman", "/usr/sbin", "/sbin")
TIMEOUT_S = 900


def lacking() -> str:
    """Why nothing can be run here; empty where it can."""
    if os.geteuid() != 0:
        return "root is needed to make a Debian by debootstrap, and to run containers on it"
    path = os.pathsep.join((os.environ.get("PATH", ""), *_FOLDERS))
    missing = [name for name in _PROGRAMS if shutil.which(name, path=path) is None]
    if not PODMAN_COMPOSE.exists():
        missing.append("podman-compose")
    if not (ROOT / ".neo4j" / "lib").is_dir():
        missing.append("Neo4j's jars (make neo4j)")
    return f"missing: {', '.join(missing)}" if missing else ""


@cache
def environment() -> Mapping[str, str]:
    """Variables for podman and buildah. A container that asks for higher limits than we have does not start."""
    storage, containers = KEPT / "storage.conf", KEPT / "containers.conf"
    KEPT.mkdir(exist_ok=True)
    storage.write_text(f'[storage]\ndriver = "overlay"\ngraphroot = "{KEPT}/storage"\nrunroot = "{KEPT}/storage-run"\n')
    limits = [
        f"{name}={most}:{most}"
        for name, kind, enough in (("nofile", resource.RLIMIT_NOFILE, 65536), ("nproc", resource.RLIMIT_NPROC, 32768))
        if (most := min(resource.getrlimit(kind)[1] % 2**64, enough))  # no limit is -1
    ]
    containers.write_text(
        '[engine]\nruntime = "runc"\n[network]\nnetwork_backend = "netavark"\n'
        f"[containers]\ndefault_ulimits = {limits}\n".replace("'", '"')
    )
    given = {**os.environ, "CONTAINERS_STORAGE_CONF": str(storage), "CONTAINERS_CONF": str(containers)}
    if not Path("/run/systemd/system").is_dir():
        given["DISABLE_HC_SYSTEMD"] = "true"  # its timers ask healthchecks; see stack.Asking
    return given


def run(*words: str | Path, check: bool = True) -> str:
    """What the program printed. Raises AssertionError with all that it said."""
    done = subprocess.run(
        [*map(str, words)], env=dict(environment()), cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S
    )
    said = f"{done.stdout}\n{done.stderr}"
    assert done.returncode == 0 or not check, f"{' '.join(map(str, words))}: exit {done.returncode}\n{said}"
    return done.stdout


def podman(*words: str | Path, check: bool = True) -> str:
    return run("podman", *words, check=check)
