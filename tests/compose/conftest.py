"""The stack: started once, from images that are made here, and taken down to the last volume."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.images import compose_file, make_all
from tests.compose.machine import ROOT, lacking, podman
from tests.compose.sender import Sender
from tests.compose.stack import PROJECT, Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if reason := lacking():
        pytest.skip(f"containers cannot be run here: {reason}")
    for line in make_all(compose_file()):
        print(f"stand-in: {line}")
    folder = tmp_path_factory.mktemp("compose")
    started = Stack(fill_in(folder / "env"), folder)
    assert remains() == [], "an earlier one was not taken down"
    try:
        started.up()
        yield started
    finally:
        started.compose("down", "--volumes")
    assert remains() == []


def fill_in(file: Path) -> Path:
    """deploy/env.example with a secret behind each name that asks for one."""
    example = (ROOT / "deploy" / "env.example").read_text()
    text = re.sub(
        r"^(\w+_PASSWORD)=$", lambda found: f"{found[1]}={secrets.token_hex(24)}", example, flags=re.MULTILINE
    )
    file.write_text(text.replace("AUTH_STRING=\n", f"AUTH_STRING=admin:{secrets.token_hex(24)}\n"))
    file.chmod(0o600)
    return file


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
