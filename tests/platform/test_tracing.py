"""Traces: nothing of them is loaded where they are off, and what they hold where they are on. Fresh interpreters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

import pytest

pytestmark = pytest.mark.large

SECRET = "s3cr3t-Pw-91"
OFF = """
import json, sys
from causal_organism.cli.main import main
from causal_organism.tracing import span, traceparent
with span("x"):
    code = main(sys.argv[1:])
    named = traceparent()
loaded = [name for name in sys.modules if name.startswith("opentelemetry")]
print(json.dumps([code, named, loaded]), file=sys.stderr)
"""
ON = """
import json, sys
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from causal_organism.cli.main import main
from causal_organism.tracing import start_tracing
exporter = InMemorySpanExporter()
start_tracing(SimpleSpanProcessor(exporter))
start_tracing()  # as the command does: it changes nothing
code = main(sys.argv[1:])
spans = [json.loads(each.to_json()) for each in exporter.get_finished_spans()]
print(json.dumps([code, spans]), file=sys.stderr)
"""


def told(program: str, *arguments: str, **more: str) -> Any:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("ORGANISM_", "OTEL_"))}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, env={**environ, **more}, check=True
    )
    return json.loads(done.stderr.splitlines()[-1])


def test_off_nothing_is_loaded_and_no_run_is_named_after_a_trace(tmp_path: Any) -> None:
    assert told(OFF, "status", ORGANISM_HOME=str(tmp_path)) == [0, None, []]


@pytest.mark.skipif(find_spec("opentelemetry.sdk") is None, reason="the extra otel is not installed")
@pytest.mark.parametrize(
    ("command", "asks"),
    [
        ("check", {"postgresql transaction", "redis call", "neo4j session", "prefect request"}),
        ("dead-letters", {"redis call"}),
    ],
)
def test_a_command_is_one_trace_with_what_it_asks_of_each_store(tmp_path: Any, command: str, asks: set[str]) -> None:
    environ = {
        "ORGANISM_HOME": str(tmp_path),
        "ORGANISM_TRACES": "1",
        "ORGANISM_POSTGRES_DSN": f"postgresql://u:{SECRET}@127.0.0.1:1/db",
        "ORGANISM_REDIS_URL": f"redis://u:{SECRET}@127.0.0.1:1/0",
        "ORGANISM_NEO4J_URI": "bolt://127.0.0.1:1",
        "PREFECT_API_URL": "http://127.0.0.1:1/api",
    }
    code, spans = told(ON, command, **environ)
    assert code == 3
    root = spans[-1]
    assert (root["name"], root["parent_id"]) == (f"organism {command}", None)
    assert {each["name"] for each in spans} == {root["name"], *asks}
    assert {each["context"]["trace_id"] for each in spans} == {root["context"]["trace_id"]}
    assert {each["status"]["status_code"] for each in spans if each["name"] in asks} == {"ERROR"}
    assert SECRET not in json.dumps(spans)
    assert [each["events"] for each in spans if each["events"]] == []


@pytest.mark.skipif(find_spec("opentelemetry.sdk") is None, reason="the extra otel is not installed")
def test_what_stays_until_it_is_stopped_is_no_trace(tmp_path: Any) -> None:
    _, spans = told(ON, "watch", "--once", ORGANISM_HOME=str(tmp_path), ORGANISM_TRACES="1")
    assert "organism watch" not in {each["name"] for each in spans}
