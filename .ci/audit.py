#!/usr/bin/env python3
"""Is anything known against a version that constraints.txt pins? pip-audit asks OSV about each of them.

    .ci/audit.py [FILE]      FILE in place of constraints.txt

Exits 1 where an advisory fits, and also where a pin was not asked about: one that cannot be read as NAME==VERSION, or
all of them where advisories cannot be reached. Pins for other platforms are asked about too. Jars and images are not
Python's: nothing here speaks of those of Neo4j and ArcadeDB. OSV_URL is another server of the same questions.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIP_AUDIT = "pip-audit==2.10.1"
OSV = "https://api.osv.dev/v1/query"
_PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([A-Za-z0-9.+!_-]+)(?:\s*;.*)?")


def pins_of(text: str) -> tuple[list[tuple[str, str]], list[str]]:
    """((name, version) of each pin, lines that are none), whatever platform they are for."""
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    found = [(line, _PIN.fullmatch(line)) for line in lines if line]
    pins = dict.fromkeys((_normal(match[1]), match[2]) for _, match in found if match)
    return list(pins), [line for line, match in found if not match]


def ask(pins: list[tuple[str, str]]) -> tuple[dict[tuple[str, str], list[str]], str]:
    """(pin that was asked about -> its advisories, what pip-audit said of what went wrong)"""
    found: dict[tuple[str, str], list[str]] = {}
    said = ""
    while pins:  # of a name with several versions one at a time: pip-audit takes a name once
        turn = dict(pins)
        pins = [pin for pin in pins if turn[pin[0]] != pin[1]]
        document, said = _run([f"{name}=={version}" for name, version in turn.items()])
        for each in document.get("dependencies", ()):
            if "skip_reason" not in each:
                found[_normal(each["name"]), each["version"]] = [
                    f"{each['name']} {each['version']}: {one['id']}, mended in {', '.join(one['fix_versions']) or '?'}"
                    for one in each["vulns"]
                ]
    return found, said


def _run(requirements: list[str]) -> tuple[dict[str, list[dict[str, object]]], str]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text("\n".join(requirements), encoding="utf-8")
        uv = Path(sys.executable).with_name("uv")
        command = (
            str(uv) if uv.exists() else "uv", "tool", "run", "--quiet", "--from", PIP_AUDIT, "pip-audit", "--strict",
            "--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json",
            "--vulnerability-service", "osv", "--osv-url", os.environ.get("OSV_URL", OSV), "--requirement", str(file),
        )  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout), done.stderr
    except ValueError:
        return {}, done.stderr


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main(arguments: list[str]) -> int:
    file = Path(arguments[0]) if arguments else ROOT / "constraints.txt"
    pins, unread = pins_of(file.read_text(encoding="utf-8"))
    found, said = ask(pins)
    wrong = [each for advisories in found.values() for each in advisories]
    wrong += [f"not audited: {line}: it is no NAME==VERSION" for line in unread]
    missing = [f"{name}=={version}" for name, version in pins if (name, version) not in found]
    if missing and not found:
        last = (said.strip().splitlines() or ["pip-audit said nothing"])[-1]
        wrong.append(f"not audited: all {len(missing)} pins; advisories cannot be reached: {last}")
    else:
        wrong += [f"not audited: {each}" for each in missing]
    print("\n".join(wrong) or f"nothing is known against {len(found)} pins", file=sys.stderr)
    return 1 if wrong or not pins else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
