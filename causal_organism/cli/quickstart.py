"""`organism quickstart` and `organism generate`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from causal_organism.cli.guards import changes
from causal_organism.cli.output import emit, json_option, progress_bar, say, table
from causal_organism.cli.servers import start_servers
from causal_organism.documents.quickstart import Concluded, QuickstartDocument
from causal_organism.documents.runs import RunWithTasks
from causal_organism.errors import OrganismError, RequestError
from causal_organism.settings import home_folder, load_settings
from causal_organism.wiring import OpenOrganism, open_organism
from causal_organism.wording.amounts import duration

INCREMENTAL = "incremental-update-pipeline/incremental-updates"
FULL = "full-analysis-pipeline/full-analysis"
CHUNK = 5_000
POLL_S = 0.5
SEED = 7


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--people", default=200, show_default=True, help="How many people.")
@click.option("--weeks", default=26, show_default=True, help="For how many weeks.")
@click.option("--seed", default=SEED, show_default=True, help="The same seed gives the same organisation.")
@click.option("--start", metavar="DATE", help="First week; unset: so that the last week is the one before this.")
@click.option("--case", default="honest", show_default=True, help="What is planted in it; a wrong one lists all.")
@json_option
def generate(folder: Path, people: int, weeks: int, seed: int, start: str | None, case: str, as_json: bool) -> None:
    """Write a generated organisation to FOLDER: interactions, people, outcomes and the true effects."""
    written = _generate(folder, people, weeks, seed, _first_week(start, weeks), case)
    document = {"schema": "organism.generate/1", "folder": str(folder), "written": written}
    emit(document, lambda: table(("FILE", "ROWS"), list(written.items())), as_json=as_json)


@click.command()
@click.option("--people", default=200, show_default=True, help="People of the generated organisation.")
@click.option("--weeks", default=26, show_default=True, help="Weeks that it is watched for.")
@click.option("--replay", type=click.Choice(["collegemsg"]), help="Replay real messages in place of a generated one.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@changes(role=None)
def quickstart(people: int, weeks: int, replay: str | None, yes: bool, as_json: bool) -> None:
    """Embedded servers, real input through the stream, both pipelines once, and what came out."""
    from causal_organism.embedded.servers import parts

    home = home_folder(os.environ)
    if not yes and sys.stdin.isatty():
        click.confirm(f"Start servers in {home} and fill them with a generated organisation?", abort=True, err=True)
    started = time.monotonic()
    start_servers(load_settings(), parts.SERVERS)
    with open_organism() as o:
        from causal_organism.platform.deploy import set_up

        for line in set_up(o, actor=o.settings.actor)["changed"]:
            say(line)
        _fill(o, people=people, weeks=weeks, replay=replay)
        runs = _run_pipelines(o)
        document = _summary(o, runs, seconds=time.monotonic() - started)
    emit(document, lambda: _text(document), as_json=as_json)
    if any(run["state"] != "Completed" for run in runs):
        raise OrganismError("a pipeline did not complete", hint=f"organism logs {runs[-1]['id']}")


def _first_week(start: str | None, weeks: int) -> date:
    if start is not None:
        try:
            return date.fromisoformat(start)
        except ValueError as error:
            raise RequestError(f"--start {start!r} is not a valid date; write 2026-01-05") from error
    today = datetime.now(UTC).date()
    return today - timedelta(days=today.weekday(), weeks=weeks)


def _generate(folder: Path, people: int, weeks: int, seed: int, start: date, case: str = "honest") -> dict[str, int]:
    from causal_organism.organism.stream.generated_files import write
    from causal_organism.synthetic.organisation import generate as draw
    from causal_organism.synthetic.planted import CASES

    if case not in CASES:
        known = [f"{name} ({each.about})" for name, each in CASES.items()]
        raise RequestError(f"there is no case {case!r}", hint=f"one of {', '.join(known)}")
    return write(folder, draw(people, weeks, seed, start=start, planted=CASES[case].planted))


def _fill(o: OpenOrganism, *, people: int, weeks: int, replay: str | None) -> None:
    """Put the input in, once: the same quickstart again finds it there."""
    wanted = replay or f"generated-{people}-{weeks}"
    filled = o.ledger.fact("quickstart") or []
    if wanted in filled:
        say(f"{wanted} is in already")
        return
    if replay == "collegemsg":
        _replay_collegemsg(o)
    else:
        _ingest_generated(o, people, weeks)
    o.ledger.set_fact("quickstart", [*filled, wanted])


def _ingest_generated(o: OpenOrganism, people: int, weeks: int) -> None:
    from causal_organism.organism.imports.import_table import import_table
    from causal_organism.organism.stream.ingest import ingest_files

    folder = o.settings.home / "quickstart"
    written = _generate(folder, people, weeks, SEED, _first_week(None, weeks))
    say(f"generated {', '.join(f'{rows} {name}' for name, rows in written.items())}")
    import_table(o, "people", folder / "people.csv", actor=o.settings.actor)
    import_table(o, "outcomes", folder / "outcomes.csv", actor=o.settings.actor)
    report = ingest_files(o, [folder / "interactions.jsonl"], actor=o.settings.actor)
    say(f"{report['accepted']} interactions into {o.settings.stream}")


def _replay_collegemsg(o: OpenOrganism) -> None:
    from causal_organism.network.interactions import to_fields
    from causal_organism.organism.stream.collegemsg import collegemsg_interactions

    total = 0
    for chunk in _chunks(to_fields(each) for each in collegemsg_interactions()):
        o.stream.append(chunk)
        total += len(chunk)
    say(f"{total} messages into {o.settings.stream}")


def _chunks(entries: Iterator[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    chunk: list[dict[str, str]] = []
    for entry in entries:
        chunk.append(entry)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _run_pipelines(o: OpenOrganism) -> list[RunWithTasks]:
    """Both pipelines through their deployments and the worker, where there is anything to do."""
    from causal_organism.engine.plan import make_plan
    from causal_organism.engine.requests import Origin, Request
    from causal_organism.organism.stream.lag import stream_state

    runs: list[RunWithTasks] = []
    while (lag := stream_state(o)["lag"]) > 0:
        runs.append(_follow(o, INCREMENTAL, "stream", total=lag, done=lambda: lag - stream_state(o)["lag"]))
        if runs[-1]["state"] != "Completed":
            return runs
    steps = make_plan(o, Request("*"), Origin(o.settings.actor, "quickstart")).steps
    wanted = [step for step in steps if not step.blocked_by and not step.pinned]
    if wanted:
        started = o.now()
        count = len(wanted)
        runs.append(_follow(o, FULL, "assets", total=count, done=lambda: _made_since(o, started), limit=count))
    if not runs:
        say("nothing changed: nothing to make")
    return runs


def _made_since(o: OpenOrganism, moment: datetime) -> int:
    return sum(head.confirmed_at >= moment for head in o.ledger.heads().values())


def _follow(
    o: OpenOrganism, deployment: str, what: str, *, total: int, done: Callable[[], int], limit: int | None = None
) -> RunWithTasks:
    from causal_organism.wording.run_actions import has_ended

    run = o.orchestrator.trigger(deployment, {"actor": o.settings.actor}, trigger="cli")
    state = ""
    while True:
        found = o.orchestrator.run(run)
        if found is not None and found["state"] != state:
            state = found["state"]
            say(f"{deployment}: {state}")
        if found is not None and has_ended(found):
            if found["state"] == "Completed":
                progress_bar(what, total, total)
            return found
        progress_bar(what, min(done(), limit or total, total - 1), total)
        time.sleep(POLL_S)


def _summary(o: OpenOrganism, runs: Sequence[RunWithTasks], *, seconds: float) -> QuickstartDocument:
    from causal_organism.embedded.status import look
    from causal_organism.engine.history.listing import assets_document
    from causal_organism.organism.decisions.proposals import load_proposals

    assets = assets_document(o)["assets"]
    heads = o.ledger.heads()
    effects = heads.get(("causal/effects", ""))
    concluded: Concluded | None = None
    if effects is not None:
        said: Any = effects.version.metadata
        concluded = said
    return {
        "schema": "organism.quickstart/1",
        "seconds": round(seconds, 1),
        "runs": [{"id": run["id"], "flow": run["flow"], "state": run["state"]} for run in runs],
        "made": [
            {
                "key": each["key"], "version": each["version"], "status": each["status"], "rows": each["rows"],
                "seconds": each["estimate_s"], "error": None if each["attempt"] is None else each["attempt"]["error"],
            }
            for each in assets
        ],
        "concluded": concluded,
        "proposals": list(load_proposals(o)[:5]),
        "servers": [
            {"name": s.name, "product": s.product, "version": s.version, "address": s.address}
            for s in look(o.settings)
        ],
    }  # fmt: skip


def _text(document: QuickstartDocument) -> str:
    made = table(
        ("ASSET", "VERSION", "ROWS", "TOOK", ""),
        [
            (
                e["key"], e["version"], e["rows"], duration(e["seconds"]),
                e["error"] or ("" if e["status"] == "fresh" else e["status"]),
            )
            for e in document["made"]
        ],
    )  # fmt: skip
    servers = table(
        ("SERVER", "PRODUCT", "VERSION", "ADDRESS"),
        [(s["name"], s["product"], s["version"], s["address"]) for s in document["servers"]],
    )
    parts = [made, *_conclusions(document), servers]
    parts.append(
        f"done in {duration(document['seconds'])}; `organism tui` opens the console, `organism down` stops all"
    )
    return "\n\n".join(parts)


def _conclusions(document: QuickstartDocument) -> list[str]:
    concluded = document["concluded"]
    if concluded is None:
        return ["nothing was concluded: `organism why causal/effects` says why"]
    estimands = table(
        ("WHAT ONE MORE HOUR OF MEETINGS A WEEK DOES", "FOR", "EFFECT", "FROM", "TO", "VERDICT", "REASONS"),
        [
            (
                each["outcome"], each["segment"], *map(_rounded, (each["effect"], each["lo"], each["hi"])),
                each["verdict"], " ".join(each["reasons"]),
            )
            for each in concluded["estimands"]
        ],
    )  # fmt: skip
    if not document["proposals"]:
        return [
            estimands or f"refused: {' '.join(concluded['reasons'])}",
            "no proposals: `organism read interventions/proposals`",
        ]
    proposals = table(
        ("TOP PROPOSALS", "OUTCOME", "EXPECTED", "FROM", "TO", "UNIT", "GRADE"),
        [
            (
                each["title"], each["expected"]["outcome"], round(each["expected"]["mean"], 2),
                round(each["expected"]["lo"], 2), round(each["expected"]["hi"], 2), each["expected"]["unit"],
                each["grade"],
            )
            for each in document["proposals"]
        ],
    )  # fmt: skip
    return [estimands, proposals]


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 3)
