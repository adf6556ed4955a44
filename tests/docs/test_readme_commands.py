"""What the README types at servers works as it stands there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from causal_organism.deployments import PIPELINES
from causal_organism.platform.run_listing import load_runs
from causal_organism.platform.runs import cancel_run
from causal_organism.settings import Settings
from causal_organism.wiring import OpenOrganism
from causal_organism.wording.run_actions import has_ended

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in ("guide", "network", "production")))
README = "\n".join(page.read_text() for page in PAGES)
PROGRAMS = str(Path(sys.executable).parent)


@pytest.fixture
def person_scores(neo4j_settings: Settings) -> Iterator[Any]:
    """A session on the network's server with two people, of whom one has no score."""
    from neo4j import GraphDatabase

    found = neo4j_settings
    login = (found.need("neo4j_user"), found.need("neo4j_password"))
    with (
        GraphDatabase.driver(found.need("neo4j_uri"), auth=login) as driver,
        driver.session(database=found.neo4j_database) as session,
    ):
        session.run("CREATE (:Person {id: 'readme-none'}), (:Person {id: 'readme-some', betweenness: 1e9})").consume()
        yield session
        session.run("MATCH (p:Person) WHERE p.id STARTS WITH 'readme-' DELETE p").consume()


def test_the_people_with_the_highest_scores_have_scores(person_scores: Any) -> None:
    (query,) = re.findall(r"^MATCH \(p:Person\).*?LIMIT 10$", README, re.MULTILINE | re.DOTALL)

    first = person_scores.run(query).data()

    assert first[0]["p.id"] == "readme-some"
    assert all(each["p.betweenness"] is not None for each in first)


@pytest.fixture
def deployable(embedded_home: Any) -> Iterator[Any]:
    """The home with a Prefect server; afterwards no schedule runs, and no run that was asked for is left."""
    settings = embedded_home.start("orchestrator")
    yield embedded_home
    with OpenOrganism(settings) as organism:
        for each in PIPELINES:
            organism.orchestrator.set_schedule(each.full_name, active=False)
        for row in load_runs(organism)["runs"]:
            if not has_ended(row):
                cancel_run(organism, row["id"], actor="tests")


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_prefects_api_takes_what_is_typed(deployable: Any) -> None:
    (typed,) = re.findall(r"^```bash\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    environment = {**deployable.environ, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}
    script = f'eval "$(organism env)"\norganism deploy setup >&2\n{typed}'

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, env=environment, check=False
    )

    assert done.returncode == 0, done.stderr
    workers, *runs = done.stdout.splitlines()
    assert workers.startswith("[")
    assert [len(each) for each in runs] == [36, 36], "ids of runs"


def test_the_worker_that_is_typed_takes_the_runs_of_every_queue() -> None:
    commands = set(re.findall(r"prefect worker [^`#|\n]*", README))
    assert "prefect worker start --pool default" in {each.strip() for each in commands}
    assert not any(each.startswith("prefect worker ls") for each in commands)
