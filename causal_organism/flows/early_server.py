"""A home's Prefect server, begun while its database still starts: what takes it long is importing Prefect, which needs
no database.

`python -m causal_organism.flows.early_server ARGUMENT…` is `prefect ARGUMENT…` once the database answers.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time

from causal_organism.assets.collector import rare_collection

with rare_collection():
    import asyncpg
    import prefect.cli._server_utils
    import prefect.cli.server
    import prefect.server.api.server  # noqa: F401 - loaded now, so that the command has it at once
    from prefect.cli import app
    from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL

_LOOK_S = 0.05
_ANSWER_S = 5.0


def main(arguments: list[str]) -> None:
    gc.freeze()  # what was imported stays, and need not be looked through again
    address = PREFECT_API_DATABASE_CONNECTION_URL.value().replace("+asyncpg", "", 1)
    while not asyncio.run(answers(address)):
        time.sleep(_LOOK_S)
    sys.argv = ["prefect", *arguments]
    app()


async def answers(address: str) -> bool:
    """Whether there is a database. What else is wrong with it, Prefect itself says in its log."""
    try:
        connection = await asyncpg.connect(address, timeout=_ANSWER_S)
    except (OSError, asyncpg.CannotConnectNowError):
        return False
    except asyncpg.PostgresError:
        return True
    await connection.close()
    return True


if __name__ == "__main__":
    main(sys.argv[1:])
