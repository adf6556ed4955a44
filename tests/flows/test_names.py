"""Names that several places must agree on: the deployments, the flows behind them, and the files in deploy/."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema

from causal_organism.assets.definitions import RETRY_CLASSES, Retry
from causal_organism.deployments import (
    FULL,
    INCREMENTAL,
    PIPELINES,
    QUEUES,
    REFRESH,
    START_GRACE_S,
    TAG,
    WORK_POOL,
    Pipeline,
    actor_of,
    pipeline_named,
    trigger_of,
)
from causal_organism.settings import Settings
from causal_organism.stores.prefect.setup import RUN_ENVIRONMENT

ROOT = Path(__file__).parents[2]


def load_flow(pipeline: Pipeline) -> Flow[Any, Any]:
    return load_flow_from_entrypoint(pipeline.entrypoint, use_placeholder_flow=False)


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((ROOT / name).read_text()))


@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda each: each.name)
def test_an_entrypoint_is_a_flow_of_that_name(pipeline: Pipeline) -> None:
    found = load_flow(pipeline)
    assert (found.name, found.isasync) == (pipeline.flow, True)


@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda each: each.name)
def test_a_flow_takes_the_parameters_that_its_deployment_promises(pipeline: Pipeline) -> None:
    taken = parameter_schema(load_flow(pipeline)).model_dump()
    promised = pipeline.parameter_schema
    assert taken["properties"] == promised["properties"]
    assert list(taken["required"] or []) == promised["required"]


def test_retries_are_those_of_the_guide() -> None:
    assert (RETRY_CLASSES["light"].times, RETRY_CLASSES["light"].delay_s) == (3, 60.0)
    assert (RETRY_CLASSES["expensive"].times, RETRY_CLASSES["expensive"].delay_s) == (2, 300.0)
    policies = {each.name: (load_flow(each).retries, load_flow(each).retry_delay_seconds) for each in PIPELINES}
    # Whole seconds: the server refuses a run whose flow says anything else.
    assert all(isinstance(delay, int) for _, delay in policies.values())
    assert policies == {"incremental-updates": (1, 120.0), "full-analysis": (1, 300.0), "refresh": (0, 0)}


def test_a_retry_class_becomes_prefects_options_with_jitter_and_scale() -> None:
    from causal_organism.flows.steps import is_transient, retry_options

    assert retry_options(Retry(times=3, delay_s=60.0), 0.5) == {
        "retries": 3,
        "retry_delay_seconds": 30.0,
        "retry_jitter_factor": 0.3,
        "retry_condition_fn": is_transient,
    }
    assert retry_options(Retry(times=3, delay_s=60.0), 0.0)["retry_delay_seconds"] is None


def test_a_deployment_is_found_by_any_of_its_names() -> None:
    assert [pipeline_named(name) for name in (REFRESH.name, REFRESH.flow, REFRESH.full_name)] == [REFRESH] * 3
    assert pipeline_named("refresh-assets/other") is None


@pytest.mark.parametrize(
    ("tags", "scheduled", "trigger"),
    [(["organism"], True, "schedule"), (["organism"], False, "api"), (["organism", "trigger:cli"], False, "cli")],
)
def test_what_asked_for_a_run_stands_in_its_tags(tags: list[str], scheduled: bool, trigger: str) -> None:
    assert trigger_of(tags, scheduled=scheduled) == trigger


def test_who_asked_for_a_run_is_its_parameter_or_what_asked_for_it() -> None:
    assert actor_of({"actor": "ana"}, scheduled=False) == "ana"
    assert (actor_of({}, scheduled=True), actor_of({"actor": None}, scheduled=False)) == ("schedule", "api")


def test_prefect_yaml_deploys_the_same() -> None:
    (found,) = documents("deploy/prefect.yaml")
    rows = {each["name"]: each for each in found["deployments"]}
    assert set(rows) == {each.name for each in PIPELINES}
    for each in PIPELINES:
        row = rows[each.name]
        crons = [(schedule["cron"], schedule["slug"], schedule["timezone"]) for schedule in row["schedules"]]
        assert (row["entrypoint"], row["description"], row["tags"]) == (each.entrypoint, each.description, [TAG])
        assert crons == ([(each.cron, each.slug, "UTC")] if each.cron else [])
        assert row["work_pool"]["name"] == WORK_POOL
        assert row["work_pool"]["work_queue_name"] == each.queue in QUEUES
        assert row["work_pool"]["job_variables"]["env"] == RUN_ENVIRONMENT
        limit = row.get("concurrency_limit") or {}
        assert limit.get("limit") == each.limit
        assert limit.get("grace_period_seconds") == (START_GRACE_S if each.limit else None)
    assert {INCREMENTAL.limit, FULL.limit} == {1}


def test_compose_and_kubernetes_name_settings_that_exist() -> None:
    known = {name for each in Settings.__dataclass_fields__.values() if (name := each.metadata["env"])}
    compose = (ROOT / "docker-compose.prefect.yml").read_text()
    kubernetes = "".join(path.read_text() for path in sorted((ROOT / "deploy" / "k8s").rglob("*.*")))
    example = (ROOT / "deploy" / "env.example").read_text()
    named = {name for text in (compose, kubernetes, example) for name in re.findall(r"\bORGANISM_[A-Z0-9_]+\b", text)}
    assert {name.removesuffix("_FILE") for name in named} - known == set()


def test_compose_and_the_example_give_the_defaults() -> None:
    """So that a process beside the containers does what they do."""
    defaults: dict[str, Any] = {each.metadata["env"]: each.default for each in Settings.__dataclass_fields__.values()}
    compose = re.findall(r"\$\{(ORGANISM_[A-Z0-9_]+):-([^}]*)\}", (ROOT / "docker-compose.prefect.yml").read_text())
    example = re.findall(r"^(ORGANISM_[A-Z0-9_]+)=(.+)$", (ROOT / "deploy" / "env.example").read_text(), re.MULTILINE)
    given = {(name, float(text)) for name, text in (*compose, *example) if text.isdecimal()}
    assert "ORGANISM_BLOCK_MS" in dict(given)
    assert given == {(name, float(defaults[name])) for name, _ in given}


def test_every_setting_of_the_example_reaches_the_processes_of_compose() -> None:
    (found,) = documents("docker-compose.prefect.yml")
    example = re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / "deploy" / "env.example").read_text(), re.MULTILINE)
    fixed = {"SECRETS", "ORGANISM_TIMESCALE_DSN", "ORGANISM_POSTGRES_PREPARED"}  # a folder; for servers of one's own
    for service in ("worker", "worker-expensive", "watch", "deploy", "organism"):
        given = {name.removesuffix("_FILE") for name in found["services"][service]["environment"]}
        assert set(example) - fixed - given == set(), service


def test_compose_has_a_worker_for_each_queue() -> None:
    (found,) = documents("docker-compose.prefect.yml")
    commands = [found["services"][name]["command"] for name in ("worker", "worker-expensive")]
    assert {each[each.index("--queue") + 1] for each in commands} == set(QUEUES)
    assert {each[each.index("--pool") + 1] for each in commands} == {WORK_POOL}


def test_compose_publishes_on_loopback_only_and_asks_everybody_who_stays_how_they_are() -> None:
    (found,) = documents("docker-compose.prefect.yml")
    published = [port for service in found["services"].values() for port in service.get("ports", ())]
    assert [port for port in published if not port.startswith("127.0.0.1:")] == []
    staying = {name for name, service in found["services"].items() if service["restart"] == "unless-stopped"}
    assert [name for name in staying if "stop_grace_period" not in found["services"][name]] == []
    waiting = {name for name, service in found["services"].items() if "healthcheck" in service}
    assert waiting == staying == {
        "postgres", "redis", "neo4j", "prefect-server", "worker", "worker-expensive", "watch",
    }  # fmt: skip


def test_what_ends_in_compose_is_waited_for_until_it_has_so_that_up_wait_does_not_take_it_for_one_that_fell() -> None:
    """`up --wait` waits for a service that another one needs `service_completed_successfully` until it has ended; any
    other that ends, also well, makes it fail.
    """
    services = documents("docker-compose.prefect.yml")[0]["services"]
    ends = {name for name, each in services.items() if each["restart"] == "no" and not each.get("profiles")}
    needed = [need for each in services.values() for need in each.get("depends_on", {}).items()]
    assert ends == {name for name, how in needed if how["condition"] == "service_completed_successfully"} == {"deploy"}


def test_the_script_runs_the_command_and_passes_its_exit_code_on(tmp_path: Path) -> None:
    script = ROOT / "deploy" / "deploy_prefect.sh"
    environment = {"PATH": os.environ["PATH"], "ORGANISM_HOME": str(tmp_path), "HOME": str(tmp_path)}
    nothing_runs = subprocess.run([script, "check"], env=environment, capture_output=True, text=True, check=False)
    assert (nothing_runs.returncode, "PREFECT_API_URL" in nothing_runs.stderr) == (3, True)
    wrong = subprocess.run([script, "sideways"], env=environment, capture_output=True, text=True, check=False)
    assert (wrong.returncode, "usage:" in wrong.stderr) == (2, True)


def test_naming_pipelines_loads_no_prefect() -> None:
    program = (
        "import sys, causal_organism.flows, causal_organism.deployments, causal_organism.stores.prefect.orchestrator\n"
        "print(sorted({'prefect', 'httpx', 'pandas', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
