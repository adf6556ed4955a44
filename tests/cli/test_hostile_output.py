"""What an author's code prints and logs while it is made here steers nobody's terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.terminal import terminal

PROGRAM = "import sys; from causal_organism.cli.main import main; sys.exit(main(sys.argv[1:]))"
GRAPH = r"""
import logging, sys
from causal_organism import asset
logging.basicConfig(level="INFO", format="%(message)s")
logging.info("at import \x1b[31m")

@asset(key="hostile")
def hostile(context):
    print("printed \x1b]0;owned\x07 \x9b2J")
    print("aside \x1b[2J", file=sys.stderr)
    logging.info("logged \x1b[?1049l")
    logging.getLogger("other").warning("warned \x1b]52;c;aGk=\x07")
    context.log("told \x1b[1m")
    return 1

ASSETS = (hostile,)
"""


@pytest.mark.servers
def test_prints_and_log_lines_of_an_asset_are_shown_as_text(fresh_dsn: str, tmp_path: Path) -> None:
    (tmp_path / "hostile_graph.py").write_text(GRAPH)
    variables = {
        "ORGANISM_HOME": str(tmp_path / "home"),
        "ORGANISM_POSTGRES_DSN": fresh_dsn,
        "ORGANISM_ASSETS": "hostile_graph:ASSETS",
        "PYTHONPATH": f"{Path(__file__).parents[2]}:{tmp_path}",
        "NO_COLOR": "1",  # colours of ours are the same bytes as theirs
    }
    with terminal(("-c", PROGRAM, "refresh", "hostile", "--local"), variables) as shown:
        assert shown.ended() == 0
    for word in ("at import", "printed", "aside", "logged", "warned", "told"):
        assert f"{word} ␛".encode() in shown.written
    ours = shown.written.replace(b"\r\x1b[K", b"")
    assert all(byte not in ours for byte in (b"\x1b", b"\x07", "\x9b".encode()))
