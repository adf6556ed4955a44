"""A home's worker, begun while its server still starts: what takes it long is importing Prefect, which needs no server.

`python -m causal_organism.flows.early_worker ARGUMENT…` is `prefect ARGUMENT…` once the server answers.
"""

from __future__ import annotations

import sys
import time

import prefect.cli.worker
import prefect.workers.process  # noqa: F401 - loaded now, so that the command has it at once
from prefect.cli import app
from prefect.client.orchestration import get_client

_LOOK_S = 0.1


def main(arguments: list[str]) -> None:
    with get_client(sync_client=True) as server:
        while server.api_healthcheck() is not None:  # what is wrong
            time.sleep(_LOOK_S)
    sys.argv = ["prefect", *arguments]
    app()


if __name__ == "__main__":
    main(sys.argv[1:])
