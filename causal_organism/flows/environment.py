"""Points Prefect, which reads the environment when it is imported, at the server of our settings."""

from __future__ import annotations

import os
from collections.abc import Mapping

from causal_organism.deployments import HEARTBEAT_S
from causal_organism.settings import Settings


def prefect_variables(settings: Settings) -> Mapping[str, str]:
    """What a process that runs flows of ours needs. Raises NotRunningError where there is no server."""
    found = {
        "PREFECT_API_URL": settings.need("prefect_api_url"),
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_S),
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",  # else a missing server is replaced by a new one, in 20 s
        "PREFECT_LOGGING_EXTRA_LOGGERS": "causal_organism",
        "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",  # a request per process less
        "DO_NOT_TRACK": "1",
    }
    if settings.prefect_auth:
        found["PREFECT_API_AUTH_STRING"] = settings.prefect_auth
    return found


def prepare(settings: Settings) -> None:
    """Before the first import of prefect in this process."""
    os.environ.update(prefect_variables(settings))
