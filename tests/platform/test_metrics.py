"""Metrics: what stands in other documents, as numbers; what is unknown is not a number."""

from __future__ import annotations

import re
import threading
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from causal_organism.cli.watching import metrics as command
from causal_organism.documents.stats import MetricsDocument
from causal_organism.errors import RequestError, StoreError
from causal_organism.platform.metrics import ABOUT, load_metrics, to_prometheus
from causal_organism.stores.notices.outbox import FolderOutbox
from tests.platform.test_queues import with_stream
from tests.platform.test_runs import asked, organism

DAY = timedelta(days=1)
LINE = re.compile(r'organism_[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.e+-]+')


@pytest.fixture
def o(tmp_path: Path) -> Any:
    found = with_stream(organism(), entries=5, read=2)
    found.outbox = FolderOutbox(tmp_path)
    return found


def values(document: MetricsDocument, name: str, **labels: str) -> list[float]:
    return [
        each["value"]
        for each in document["metrics"]
        if each["name"] == name and labels.items() <= each["labels"].items()
    ]


def test_queues_stream_and_runs_are_numbers(o: Any) -> None:
    run = asked(o)
    o.orchestrator.begin(run)
    o.clock.move(seconds=30)
    o.orchestrator.end(run)
    asked(o)
    document = load_metrics(o, window=DAY)
    assert values(document, "organism_queue_depth", queue="default") == [1]
    assert values(document, "organism_stream_lag_entries") == [3]
    assert values(document, "organism_runs", outcome="succeeded") == [1]
    assert values(document, "organism_run_duration_seconds", quantile="0.5") == [30.0]
    assert set(values(document, "organism_up")) == {1}
    assert {each["name"] for each in document["metrics"]} <= set(ABOUT)


def test_what_cannot_be_asked_gives_no_number_and_says_so(o: Any) -> None:
    def away() -> Any:
        raise StoreError("connection refused")

    o.stream.state = away
    document = load_metrics(o, window=DAY)
    assert values(document, "organism_stream_lag_entries") == []
    assert values(document, "organism_up", part="stream") == [0]
    assert values(document, "organism_up", part="queues") == [1]


def test_prometheus_reads_every_line(o: Any) -> None:
    text = to_prometheus(load_metrics(o, window=DAY))
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    helped = re.findall(r"^# TYPE (\S+) gauge$", text, re.MULTILINE)
    assert len(helped) == len(set(helped)) == len({re.split(r"[{ ]", line)[0] for line in lines})
    hostile: Any = {"metrics": [{"name": "organism_asset_late", "labels": {"key": 'a"\n\\'}, "value": 1}]}
    assert r'{key="a\"\n\\"} 1' in to_prometheus(hostile)


def test_they_are_served_at_one_address(o: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_load", lambda window: load_metrics(o, window=window))
    with command._Server(("127.0.0.1", 0), DAY) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        with urllib.request.urlopen(f"{url}/metrics", timeout=30) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert b"organism_queue_depth" in answer.read()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{url}/other", timeout=30)
        server.shutdown()


@pytest.mark.parametrize("place", ["", "host:", "99999", "metrics"])
def test_a_place_without_a_port_is_refused(place: str) -> None:
    with pytest.raises(RequestError, match="names no port"):
        command._serve(place, DAY)
