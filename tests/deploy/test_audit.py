"""The audit of dependencies: a known-bad pin fails it, and so does a pin that was not asked about."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.deploy.kustomized import ROOT

pytestmark = pytest.mark.large

ADVISORIES = json.loads(Path(__file__).with_name("advisories.json").read_text())
SCRIPT = ROOT / ".ci" / "audit.py"


class Osv(BaseHTTPRequestHandler):
    """Answers as OSV does, of a file of advisories."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        matching = [
            each
            for each in ADVISORIES.get(asked["package"]["name"], ())
            if asked["version"] in each["affected"][0]["versions"]
        ]
        body = json.dumps({"vulns": matching} if matching else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def osv() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Osv) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/query"
        server.shutdown()


@pytest.fixture(scope="module", autouse=True)
def pip_audit() -> None:
    uv = Path(sys.executable).with_name("uv")
    command = (str(uv) if uv.exists() else "uv", "tool", "run", "--from", "pip-audit==2.10.1", "pip-audit", "--version")
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no uv, which brings pip-audit")
    if done.returncode:
        pytest.skip(f"pip-audit cannot be had: {done.stderr.strip().splitlines()[-1:]}")


def audit(folder: Path, pins: str, osv: str) -> tuple[int, list[str]]:
    file = folder / "constraints.txt"
    file.write_text(pins)
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(file)], env={**os.environ, "OSV_URL": osv}, capture_output=True, text=True
    )
    return done.returncode, done.stderr.splitlines()


def test_a_known_bad_pin_fails_and_is_named_with_what_mends_it(tmp_path: Path, osv: str) -> None:
    assert audit(tmp_path, "click==8.3.1\njinja2==2.4.1\n", osv) == (1, ["jinja2 2.4.1: PYSEC-TEST-1, mended in 3.1.6"])


def test_pins_that_nothing_is_known_against_pass_those_of_other_platforms_too(tmp_path: Path, osv: str) -> None:
    pins = "click==8.3.1\nJinja2==3.1.6\npywin32==312 ; sys_platform == 'win32'\n# a word\n"
    assert audit(tmp_path, pins, osv) == (0, ["nothing is known against 3 pins"])


def test_a_bad_pin_for_another_python_is_found_beside_a_good_one_of_that_name(tmp_path: Path, osv: str) -> None:
    pins = "jinja2==2.4.1 ; python_full_version < '3.0'\njinja2==3.1.6 ; python_full_version >= '3.0'\n"
    assert audit(tmp_path, pins, osv) == (1, ["jinja2 2.4.1: PYSEC-TEST-1, mended in 3.1.6"])


def test_what_cannot_be_asked_about_is_a_failure(tmp_path: Path, osv: str) -> None:
    code, told = audit(tmp_path, "click==8.3.1\nrich>=13\nmine @ file:///mine\n", osv)
    assert (code, [each.partition(": it")[0] for each in told]) == (
        1, ["not audited: rich>=13", "not audited: mine @ file:///mine"],
    )  # fmt: skip


def test_advisories_that_cannot_be_reached_are_a_failure(tmp_path: Path) -> None:
    code, (told,) = audit(tmp_path, "click==8.3.1\nrich==14.0.0\n", "http://127.0.0.1:1/v1/query")
    assert code == 1
    assert told.startswith("not audited: all 2 pins; advisories cannot be reached: ")


def test_every_pin_of_ours_can_be_asked_about() -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"""
import runpy
audit = runpy.run_path({str(SCRIPT)!r})
pins, unread = audit["pins_of"](open({str(ROOT / "constraints.txt")!r}).read())
print(len(pins), unread)
"""],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line.strip()]
    assert done.stdout.split(maxsplit=1) == [str(len(lines)), "[]\n"]
