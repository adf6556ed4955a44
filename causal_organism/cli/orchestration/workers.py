"""`organism workers`."""

from __future__ import annotations

import click

from causal_organism.cli.output import emit, json_option, table
from causal_organism.documents.workers import ToldWorker, WorkersDocument
from causal_organism.errors import FAILED
from causal_organism.wiring import open_organism
from causal_organism.wording.amounts import duration
from causal_organism.wording.safe_text import safe_text


@click.command()
@json_option
def workers(as_json: bool) -> None:
    """List the workers with the assets that each can import, its code and Python, and when it told so.

    Exit code 1 if one that is online cannot import its assets, has other code than is installed here, other graphs than
    the deployments were set up with, or went silent.
    """
    from causal_organism.embedded.home import Home
    from causal_organism.embedded.worker_graph import ask_own_worker
    from causal_organism.platform.workers.listing import list_workers

    with open_organism() as o:
        document = list_workers(o, own=ask_own_worker(Home(o.settings.home)))
    emit(document, lambda: workers_text(document), as_json=as_json)
    if document["problems"]:
        raise click.exceptions.Exit(FAILED)


def workers_text(document: WorkersDocument) -> str:
    """A row a worker, then what is wrong, and what is not known."""
    rows = [
        (
            f"{each['pool']}/{each['name']}",
            "online" if each["online"] else "gone",
            ", ".join(each["queues"] or ()) or ("all" if each["queues"] is not None else "?"),
            _graphs(each),
            each["code"] or "?",
            each["python"] or "?",
            _TOLD[each["told"]].format(duration(each["told_s"])),
        )
        for each in document["workers"]
    ]
    shown = table(("WORKER", "STATE", "QUEUES", "GRAPHS", "CODE", "PYTHON", "TOLD"), rows) or "no worker was ever there"
    lines = [*document["problems"], *(f"not known: {each}" for each in document["unknown"])]
    return "\n".join([shown, *(safe_text(each, multiline=True) for each in lines)])


_TOLD = {"now": "asked now", "lately": "{} ago", "silent": "silent for {}", "never": "never", "gone": "-"}


def _graphs(worker: ToldWorker) -> str:
    return ", ".join(
        f"{each['name']} {'FAIL' if each['error'] else each['assets']}" for each in worker["graphs"] or ()
    ) or "?"  # fmt: skip
