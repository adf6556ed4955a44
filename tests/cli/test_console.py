"""`organism tui` where it cannot run."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import websockets

from tests.waiting import PATIENCE_S, until

pytestmark = pytest.mark.large

PROGRAM = "import sys; from causal_organism.cli.main import main; sys.exit(main(sys.argv[1:]))"


def organism(*arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if name != "TEXTUAL_DRIVER"}
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environ, stdin=subprocess.DEVNULL)


def test_without_a_terminal_it_names_the_commands_that_show_the_same() -> None:
    done = organism("tui")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "needs a terminal" in done.stderr
    assert "organism assets" in done.stderr


def test_serving_says_what_to_install() -> None:
    without = "import sys; sys.modules['textual_serve'] = sys.modules['textual_serve.server'] = None\n" + PROGRAM
    done = subprocess.run([sys.executable, "-c", without, "tui", "--serve"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "pip install 'causal-organism[serve]'" in done.stderr


def test_a_port_that_is_taken_is_refused_before_an_address_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = organism("tui", "--serve", "--port", str(port))
    assert (done.returncode, done.stdout) == (2, "")
    assert f"port {port} of 127.0.0.1" in done.stderr


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address that `organism tui --serve` tells, of a home without servers."""
    environ = {**os.environ, "ORGANISM_HOME": str(tmp_path)}
    command = [sys.executable, "-c", PROGRAM, "tui", "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout is not None
        try:
            address = process.stdout.readline().strip()
            until(lambda: _answers(httpx.URL(address).port or 0), "it listens")
            yield address
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_S)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def test_a_browser_sees_the_console_at_the_address_with_its_token_and_nowhere_else(served: str) -> None:
    plain = served.partition("?")[0]
    with httpx.Client() as stranger:
        for path in ("", "ws", "static/js/textual.js", "?token=guessed"):
            assert stranger.get(plain + path).status_code == 403
    with httpx.Client(follow_redirects=True) as browser:
        page = browser.get(served)
        assert (page.status_code, str(page.url)) == (200, plain)
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        assert browser.get(f"{plain}ws", headers={"Origin": "http://elsewhere"}).status_code == 403

    async def first_bytes() -> bytes:
        socket_of = plain.replace("http", "ws") + "ws?width=100&height=30"
        async with websockets.connect(socket_of, additional_headers={"Cookie": cookie}) as connection:
            found = b""
            while b"Overview" not in found:
                found += await asyncio.wait_for(connection.recv(decode=False), PATIENCE_S)
            return found

    assert asyncio.run(first_bytes())


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "causal_organism", "--version"], capture_output=True, text=True)
    assert done.stdout.startswith("organism, version")


def test_its_help_loads_no_textual() -> None:
    look = PROGRAM.replace("sys.exit(main(sys.argv[1:]))", "main(['tui', '--help']); print('textual' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True)
    assert done.stdout.endswith("False\n")
