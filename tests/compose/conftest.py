"""The stack: started once, from images that are made here, and taken down to the last volume."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.compose.images import compose_file, make_all
from tests.compose.machine import ROOT, lacking, podman, run
from tests.compose.stack import PROJECT, Stack
from tests.sender import Sender


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if reason := lacking():
        pytest.skip(f"containers cannot be run here: {reason}")
    for line in make_all(compose_file()):
        print(f"stand-in: {line}")
    folder = tmp_path_factory.mktemp("compose")
    run(ROOT / "deploy" / "make_secrets.py", folder / "secrets")
    (folder / "env").write_text(f"{(ROOT / 'deploy' / 'env.example').read_text()}\nSECRETS={folder / 'secrets'}\n")
    started = Stack(folder)
    assert remains() == [], "an earlier one was not taken down"
    try:
        started.up()
        yield started
    finally:
        started.compose("down", "--volumes")
    assert remains() == []


def remains() -> list[str]:
    """Containers, volumes and networks of the project."""
    names = ("{{.Names}}", "{{.Name}}", "{{.Name}}")
    asked = zip((("ps", "--all"), ("volume", "ls"), ("network", "ls")), names, strict=True)
    found = [line for words, form in asked for line in podman(*words, "--format", form).split()]
    return [name for name in found if name.startswith(PROJECT)]


@pytest.fixture(scope="session")
def sender(stack: Stack) -> Iterator[Sender]:
    """Sends from the first test on that asks for it, until the last test is over."""
    with Sender(stack.settings()) as sending:
        yield sending
