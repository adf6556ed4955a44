"""`organism tui --serve` as headless Chromium shows it: the picture of its page shows the console."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websockets
from PIL import Image

from tests.waiting import PATIENCE_S, until

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDTH, HEIGHT = 1_280, 800
LEAST_LIT = 0.03  # of the picture: a console's text and frames; a page that waits shows a logo

pytestmark = [
    pytest.mark.large,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: the console is not seen in a browser"),
]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where the demonstration is served."""
    environ = {name: value for name, value in os.environ.items() if name not in ("TMUX", "TEXTUAL_DRIVER", "NO_COLOR")}
    command = [sys.executable, "-m", "causal_organism", "tui", "--serve", "--demo", "--theme", "dark"]
    environ |= {"ORGANISM_HOME": str(tmp_path / "home")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_S)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[str]:
    """The address of the page of a browser that is driven by the DevTools protocol."""
    profile = tmp_path / "profile"
    flags = ("headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-sync",
             "disable-background-networking", "disable-component-update", "remote-debugging-port=0",
             f"user-data-dir={profile}", f"window-size={WIDTH},{HEIGHT}")  # fmt: skip
    command = [str(CHROMIUM), *(f"--{flag}" for flag in flags), "about:blank"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            told = profile / "DevToolsActivePort"
            until(lambda: told.exists() and "\n" in told.read_text(), "the browser listens")
            yield told.read_text().split("\n")[0]
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


class Page:
    """One page of the browser; keeps what it asked the network for."""

    def __init__(self, connection: Any):
        self.connection = connection
        self.number = 0
        self.hosts: set[str] = set()
        self.refused: list[str] = []

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self.number += 1
        await self.connection.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            said = json.loads(await asyncio.wait_for(self.connection.recv(), PATIENCE_S))
            if said.get("method") == "Network.responseReceived":
                self.hosts.add(said["params"]["response"].get("remoteIPAddress", ""))
            elif said.get("method") == "Network.loadingFailed":
                self.refused.append(str(said["params"].get("blockedReason")))
            elif said.get("id") == self.number:
                assert "error" not in said, said
                found: dict[str, Any] = said["result"]
                return found

    async def picture(self) -> Image.Image:
        shot = await self.ask("Page.captureScreenshot", format="png")
        return Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB")

    async def says(self, script: str) -> Any:
        return (await self.ask("Runtime.evaluate", expression=script))["result"].get("value")


def lit(picture: Image.Image) -> float:
    """The share of the picture that differs from its most frequent colour."""
    colours = picture.getcolors(WIDTH * HEIGHT) or []
    return 1 - max(count for count, _ in colours) / (picture.width * picture.height)


def test_a_browser_shows_the_console_and_asks_nobody_else(address: str, browser: str, tmp_path: Path) -> None:
    import httpx

    pages = httpx.get(f"http://127.0.0.1:{browser}/json").json()
    target = next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page")

    async def look() -> Image.Image:
        async with websockets.connect(target, max_size=None) as connection:
            page = Page(connection)
            await page.ask("Network.enable")
            await page.ask("Page.enable")
            await page.ask("Page.navigate", url=address)
            for _ in range(int(PATIENCE_S)):
                if await page.says("document.body.classList.contains('-first-byte')"):
                    picture = await page.picture()
                    if lit(picture) > LEAST_LIT:
                        break
                await asyncio.sleep(1)
            else:
                raise AssertionError(f"no console was seen at {await page.says('document.location.href')}")
            await page.says("document.querySelector('textarea').focus()")
            for key in ("2",):
                await page.ask("Input.dispatchKeyEvent", type="keyDown", text=key, key=key)
            assert page.hosts <= {"127.0.0.1", ""}, "it asked somebody else"
            assert "token" not in str(await page.says("document.location.href"))
            assert page.refused == ["csp"], "the outside font"
            return picture

    asyncio.run(look()).save(os.environ.get("CONSOLE_SCREENSHOT") or tmp_path / "console.png")
