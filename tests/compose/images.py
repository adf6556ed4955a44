"""Images without a registry: ours by deploy/Dockerfile, and stand-ins for others, under the compose file's names."""

from __future__ import annotations

import hashlib
import os
import shutil
import tomllib
from pathlib import Path
from typing import Any

import yaml

from tests.compose.machine import KEPT, ROOT, podman, run

IMAGES = Path(__file__).parent / "images"
DEBIAN = "localhost/debian:bookworm"
PYTHON = "localhost/python:bookworm"
STAND_INS = {"timescale/timescaledb": "postgres", "redis": "redis", "neo4j": "neo4j"}
"""Name in the compose file -> folder of what stands in for it."""
_OF_PIP = (Path("/etc/ssl/certs"), Path("/etc/pip.conf"))


def make_all(compose: dict[str, Any]) -> list[str]:
    """What was made, for people. A layer that is there is used again."""
    _make_debian()
    told = []
    for image in sorted({service["image"] for service in compose["services"].values() if "build" not in service}):
        folder = IMAGES / STAND_INS[image.partition("@")[0].rpartition(":")[0]]
        _build(folder / "Containerfile", folder, f"docker.io/{image}" if "/" in image else f"docker.io/library/{image}",
               "--build-context", f"server={ROOT / '.neo4j' / 'lib'}")  # fmt: skip
        told.append(f"{image}: {(folder / 'Containerfile').read_text().splitlines()[0].removeprefix('# ')}")
    _build(IMAGES / "python" / "Containerfile", IMAGES / "python", PYTHON)
    (ours,) = {service["image"] for service in compose["services"].values() if "build" in service}
    _build(ROOT / "deploy" / "Dockerfile", ROOT, f"localhost/{ours}", "--build-arg", f"BASE={PYTHON}",
           "--volume", f"{_wheels()}:/wheels:ro")  # fmt: skip
    return told


def _build(file: Path, context: Path, name: str, *more: str) -> None:
    """Not isolated by namespaces, which takes cgroups that not every machine has; on the machine's own network."""
    run("buildah", "bud", "--isolation", "chroot", "--network", "host", "--layers", "--format", "docker", "--ulimit",
        "nproc=1000:1000", *more, "--file", file, "--tag", name, context)  # fmt: skip


def _make_debian() -> None:
    if podman("images", "--quiet", DEBIAN).strip():
        return
    folder = KEPT / "debian"
    shutil.rmtree(folder, ignore_errors=True)
    run("debootstrap", "--variant=minbase", "bookworm", folder)
    archive = KEPT / "debian.tar"
    run("tar", "--directory", folder, "--create", "--file", archive, ".")
    podman("import", archive, DEBIAN)
    archive.unlink()
    shutil.rmtree(folder)


def _wheels() -> Path:
    """All that deploy/Dockerfile installs, fetched by the image's own pip from where this machine's pip looks."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    lines = (ROOT / "deploy" / "Dockerfile").read_text().splitlines()
    (line,) = [line for line in lines if "pip install --constraint" in line]
    names = line.partition("[")[2].partition("]")[0].split(",")
    wanted = "\n".join(
        [*project["build-system"]["requires"], *project["project"]["dependencies"]]
        + [each for name in names for each in extras[name]]
    )
    mark = hashlib.sha256((wanted + (ROOT / "constraints.txt").read_text()).encode()).hexdigest()[:12]
    folder = KEPT / f"wheels-{mark}"
    if not folder.is_dir():
        for old in KEPT.glob("wheels-*"):
            shutil.rmtree(old)
        partial = KEPT / "partial-wheels"
        partial.mkdir(exist_ok=True)
        (partial / "requirements.txt").write_text(wanted)
        places = [(partial, "/wheels:rw"), (ROOT / "constraints.txt", "/constraints.txt:ro")]
        given = (*_OF_PIP, *map(Path, os.environ.get("PIP_FIND_LINKS", "").split()))
        places += [(path, f"{path}:ro") for path in given if path.exists()]
        podman("run", "--rm", "--network", "host", *(f"--env={name}" for name in os.environ if name.startswith("PIP_")),
               "--env=PIP_NO_INDEX=0", *(f"--volume={path}:{place}" for path, place in places), PYTHON,
               "pip", "download", "--quiet", "--only-binary=:all:", "--dest", "/wheels",
               "--constraint", "/constraints.txt", "--requirement", "/wheels/requirements.txt")  # fmt: skip
        partial.rename(folder)
    return folder


def compose_file() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docker-compose.prefect.yml").read_text()))
