"""A home's worker, begun while its server still starts: what takes it long is importing Prefect, which needs no server.

`python -m causal_organism.flows.early_worker NAME ARGUMENT…` is `prefect ARGUMENT…` once the server answers. First the
server forgets the last worker of this name: runs that ended with it are known by this one's being new.
"""

from __future__ import annotations

import gc
import sys
import time

from causal_organism.assets.collector import rare_collection
from causal_organism.deployments import WORK_POOL

with rare_collection():
    import prefect.cli.worker
    import prefect.workers.process  # noqa: F401 - loaded now, so that the command has it at once
    from prefect.cli import app
    from prefect.client.orchestration import SyncPrefectClient, get_client
    from prefect.exceptions import PrefectHTTPStatusError

_LOOK_S = 0.1
_NOT_FOUND = 404


def main(name: str, arguments: list[str]) -> None:
    gc.freeze()  # what was imported stays, and need not be looked through again
    with get_client(sync_client=True) as server:
        while server.api_healthcheck() is not None:  # what is wrong
            time.sleep(_LOOK_S)
        _forget(server, name)
    sys.argv = ["prefect", *arguments]
    app()


def _forget(server: SyncPrefectClient, name: str) -> None:
    path_params = {"work_pool_name": WORK_POOL, "name": name}
    try:
        server.request("DELETE", "/work_pools/{work_pool_name}/workers/{name}", path_params=path_params)
    except PrefectHTTPStatusError as error:
        if error.response.status_code != _NOT_FOUND:
            raise


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
