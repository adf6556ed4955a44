"""The manifests as they are applied: each overlay built by kubectl or kustomize, once."""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy" / "k8s"
OVERLAYS = ("base", "production", "ha")

Document = dict[str, Any]


@functools.cache
def _text(overlay: str) -> str:
    for program in (("kubectl", "kustomize"), ("kustomize", "build")):
        if shutil.which(program[0]):
            done = subprocess.run([*program, str(KUBERNETES / overlay)], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            return done.stdout
    pytest.skip("neither kubectl nor kustomize is there")


def built(overlay: str) -> list[Document]:
    return list(yaml.safe_load_all(_text(overlay)))


def named(found: list[Document], kind: str) -> dict[str, Document]:
    return {each["metadata"]["name"]: each for each in found if each["kind"] == kind}


def pods(found: list[Document]) -> Iterator[tuple[str, Document]]:
    """(kind/name, the pod's template) of all that runs containers."""
    for each in found:
        if each["kind"] in ("Deployment", "Job"):
            yield f"{each['kind']}/{each['metadata']['name']}", each["spec"]["template"]
        elif each["kind"] == "CronJob":
            yield f"CronJob/{each['metadata']['name']}", each["spec"]["jobTemplate"]["spec"]["template"]


def containers(template: Document) -> list[Document]:
    return [*template["spec"].get("initContainers", ()), *template["spec"]["containers"]]
