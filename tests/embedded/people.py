"""Other users of this machine, and what they find when they try something."""

from __future__ import annotations

import contextlib
import os
import pickle
import pwd
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

Found = TypeVar("Found")


@contextlib.contextmanager
def new_users(count: int) -> Iterator[list[str]]:
    """So many people of this machine, who go again; skips where we may not make them."""
    if os.geteuid() != 0 or shutil.which("useradd") is None:
        pytest.skip("only root makes users of the machine")
    names = [f"tst{uuid.uuid4().hex[:8]}" for _ in range(count)]
    try:
        for name in names:
            subprocess.run(["useradd", "--no-create-home", "--shell", "/bin/bash", name], check=True)
        yield names
    finally:
        for name in names:
            subprocess.run(["userdel", name], check=False, capture_output=True)


def as_user(name: str, act: Callable[[], Found]) -> Found:
    """What `act` gives in a process of that user; an exception comes back as such. It must not import anything new."""
    entry = pwd.getpwnam(name)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        with contextlib.suppress(BaseException):
            os.close(read)
            os.setgroups([])
            os.setgid(entry.pw_gid)
            os.setuid(entry.pw_uid)
            os.chdir("/")
            try:
                answer: tuple[bool, object] = (True, act())
            except Exception as error:  # noqa: BLE001 - whatever it is, the parent wants to see it
                answer = (False, f"{type(error).__name__}: {error}")
            with os.fdopen(write, "wb") as out:
                pickle.dump(answer, out)
            status = 0
        os._exit(status)
    os.close(write)
    with os.fdopen(read, "rb") as found:
        content = found.read()
    os.waitpid(child, 0)
    done, given = pickle.loads(content)
    if not done:
        raise AssertionError(given)
    return given  # type: ignore[no-any-return]
