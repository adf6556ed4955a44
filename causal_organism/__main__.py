"""`python -m causal_organism`: the command `organism`, where its script is not on the path."""

from __future__ import annotations

from causal_organism.cli.main import run

if __name__ == "__main__":
    run()
