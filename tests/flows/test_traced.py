"""One trace from a command through Prefect's run to the stores that its process asked."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from causal_organism.deployments import REFRESH
from causal_organism.wiring import OpenOrganism
from tests.flows.conftest import ROOT, ended
from tests.waiting import PATIENCE_S, until

trace_service = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2", reason="extra otel")

PROGRAM = """
import sys
from causal_organism.tracing import span, start_tracing
from causal_organism.wiring import open_organism
start_tracing()
with open_organism() as organism, span("a command"):
    print(organism.orchestrator.trigger(sys.argv[1], {"selection": "traced/total", "actor": "ana"}))
"""


class Collector(BaseHTTPRequestHandler):
    """Takes what is exported by OTLP over HTTP."""

    spans: list[Any] = []  # noqa: RUF012 - the server makes a handler for each request

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            import gzip

            body = gzip.decompress(body)
        request = trace_service.ExportTraceServiceRequest.FromString(body)
        self.spans += [
            span for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans
        ]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def collector() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def tracing(deployed: OpenOrganism, collector: str) -> Iterator[dict[str, str]]:
    """Variables that runs of the worker get too, as long as the collector is there."""
    environment = {"ORGANISM_TRACES": "1", "OTEL_EXPORTER_OTLP_ENDPOINT": collector}
    user, _, password = (deployed.settings.prefect_auth or "").partition(":")
    url = deployed.settings.need("prefect_api_url")
    with httpx.Client(base_url=url, auth=(user, password), timeout=PATIENCE_S) as api:
        row = api.get(f"/deployments/name/{REFRESH.full_name}").json()
        before = row["job_variables"]["env"]

        def give(variables: dict[str, str]) -> None:
            changed = {"job_variables": {"env": variables}}
            api.patch(f"/deployments/{row['id']}", json=changed).raise_for_status()

        give({**before, **environment})
        yield environment
        give(before)


def test_a_refresh_by_a_worker_is_one_trace_with_its_command(
    deployed: OpenOrganism, home_environment: dict[str, str], run_environment: dict[str, str], tracing: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, REFRESH.full_name],
        env={**home_environment, **run_environment, **tracing}, cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    ended(deployed, done.stdout.strip())
    (root,) = [span for span in Collector.spans if span.name == "a command"]

    def whole() -> bool:  # the run's process exports as it ends, after the command has heard of its end
        names = {span.name for span in Collector.spans if span.trace_id == root.trace_id}
        kinds = {
            attribute.value.string_value
            for span in Collector.spans
            if span.trace_id == root.trace_id
            for attribute in span.attributes
            if attribute.key == "prefect.run.type"
        }
        return {"prefect request", "postgresql transaction"} < names and kinds == {"flow", "task"}

    until(whole, "the flow, its tasks and its transactions are in the command's trace")
    (flow,) = [span for span in Collector.spans if any(a.value.string_value == "flow" for a in span.attributes)]
    assert flow.parent_span_id != b""
    assert [
        span
        for span in Collector.spans
        if span.name == "postgresql transaction" and span.parent_span_id == flow.span_id
    ]
