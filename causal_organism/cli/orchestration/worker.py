"""`organism worker`: a Prefect worker that lets runs come to their end before it ends itself."""

from __future__ import annotations

import os

import click

from causal_organism.cli.guards import changes
from causal_organism.cli.logs import set_up_logs
from causal_organism.cli.output import emit, json_option
from causal_organism.deployments import QUEUES, WORK_POOL
from causal_organism.settings import load_settings


@click.command()
@click.option("--pool", default=WORK_POOL, show_default=True, help="Work pool.")
@click.option("--queue", "queues", multiple=True, help=f"Only this queue ({', '.join(QUEUES)}); may be repeated.")
@click.option("--name", help="Name of the worker; unset: a random one.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many runs at once.")
@click.option("--grace", "grace_s", default=90.0, show_default=True, help="Seconds that runs get to end in.")
@json_option
@changes()
def worker(
    pool: str, queues: tuple[str, ...], name: str | None, limit: int | None, grace_s: float, as_json: bool
) -> None:
    """Serve runs of a work pool, as `prefect worker start`, until SIGTERM. Then take no more, let those that go on end
    within --grace, and end. What did not end in time is cut off and resumed by another worker.

    Answers at /health, on port 8080 (PREFECT_WORKER_WEBSERVER_PORT).
    """
    settings = load_settings()
    # Before Prefect is imported, which reads them then: those of the home, where nobody named others.
    os.environ["PREFECT_API_URL"] = settings.need("prefect_api_url")
    set_up_logs(settings)
    if settings.log_format == "json":  # of Prefect, and of the runs, which inherit it
        os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_FORMATTER"] = "json"
    if settings.prefect_auth:
        os.environ["PREFECT_API_AUTH_STRING"] = settings.prefect_auth
    from causal_organism.flows.worker import work

    work(pool, queues, name=name, limit=limit, grace_s=grace_s)
    document = {"schema": "organism.worker/1", "pool": pool, "queues": list(queues) or list(QUEUES)}
    emit(document, lambda: "the worker has ended", as_json=as_json)
