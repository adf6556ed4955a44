"""Asks a process of another environment what it finds: `organism graphs`, as a run that starts there would."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from causal_organism.documents.workers import GraphRow, GraphsDocument

LIMIT_S = 120.0


def ask(environment: Mapping[str, str], folder: Path | None = None, *, python: str = sys.executable) -> GraphsDocument:
    """organism.graphs/1 of a process of this Python with these variables, in this folder (an empty one, as of a run).

    Starts a process of Python. What keeps it from answering stands in the document, as the error of all graphs.
    """
    command = (python, "-m", "causal_organism", "graphs", "--json")
    with tempfile.TemporaryDirectory() as empty:
        try:
            done = subprocess.run(
                command, env=dict(environment), cwd=folder or empty, stdin=subprocess.DEVNULL, capture_output=True,
                text=True, timeout=LIMIT_S,
            )  # fmt: skip
            found: GraphsDocument = json.loads(done.stdout)
            rows: list[GraphRow] = [{"package": None, "code": None, **row} for row in found["graphs"]]
        except subprocess.TimeoutExpired:
            return _nothing(f"importing the asset graph took more than {LIMIT_S:.0f} s")
        except OSError as error:
            return _nothing(f"Python cannot be started to import the asset graph: {error}")
        except (ValueError, KeyError):
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            return _nothing(f"the asset graph cannot be imported: {last}")
    # What an older version does not say is not known.
    return {"code": None, "python": None, "executable": python, "packages": {}, **found, "graphs": rows}


def broken_graph(found: GraphsDocument) -> tuple[str, str | None] | None:
    """(error, hint) of the first graph that cannot be imported."""
    return next(((row["error"], row["hint"]) for row in found["graphs"] if row["error"]), None)


def _nothing(error: str) -> GraphsDocument:
    row: GraphRow = {
        "name": "all", "file": None, "assets": 0, "sources": 0, "error": error, "hint": None, "package": None,
        "code": None,
    }  # fmt: skip
    return {"schema": "organism.graphs/1", "graphs": [row], "code": None, "python": None, "executable": sys.executable,
            "packages": {}}  # fmt: skip
