"""`organism metrics`: numbers for monitoring, as JSON, as Prometheus reads them, or served to it."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import click

from causal_organism.assets.durations import parse_duration
from causal_organism.cli.logs import set_up_logs
from causal_organism.cli.output import data, emit, json_option, table
from causal_organism.documents.stats import MetricsDocument
from causal_organism.errors import RequestError
from causal_organism.settings import load_settings

DEADLINE_S = 10.0
KEPT_S = 10.0
"""Who asks more often than this gets the same numbers."""


def _span(_ctx: click.Context, _parameter: click.Parameter, text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@click.option("--window", default="1d", show_default=True, callback=_span, help="Over which runs are counted: 6h, 7d.")
@click.option("--prometheus", is_flag=True, help="Print them as Prometheus reads them.")
@click.option("--serve", metavar="[HOST:]PORT", help="Serve them at /metrics, on loopback unless a host is given.")
@json_option
def metrics(window: timedelta, prometheus: bool, serve: str | None, as_json: bool) -> None:
    """Runs, queues, workers, stream, assets, disks and incidents as numbers. What cannot be asked gives none, and
    organism_up says so.
    """
    from causal_organism.platform.metrics import to_prometheus

    if serve is not None:
        _serve(serve, window)
        return
    document = _load(window)
    if prometheus:
        data(to_prometheus(document).rstrip("\n"))
        return
    rows = [
        (each["name"], " ".join(f"{name}={value}" for name, value in each["labels"].items()), f"{each['value']:g}")
        for each in document["metrics"]
    ]
    emit(document, lambda: table(("METRIC", "OF", "VALUE"), rows), as_json=as_json)


def _load(window: timedelta) -> MetricsDocument:
    from causal_organism.platform.metrics import load_metrics
    from causal_organism.wiring import OpenOrganism

    with OpenOrganism(load_settings(), deadline_s=DEADLINE_S) as o:
        return load_metrics(o, window=window)


def _serve(place: str, window: timedelta) -> None:
    host, _, port = place.rpartition(":")
    if not port.isdecimal() or int(port) > 65_535:
        raise RequestError(f"--serve {place!r} names no port", hint="--serve 9464, or --serve 0.0.0.0:9464")
    with _Server((host or "127.0.0.1", int(port)), window) as server:
        set_up_logs(load_settings())(f"http://{server.server_address[0]!s}:{server.server_address[1]}/metrics")
        server.serve_forever()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, place: tuple[str, int], window: timedelta):
        super().__init__(place, _Handler)
        self._window = window
        self._guard = threading.Lock()
        self._text, self._made_at = b"", -KEPT_S

    def text(self) -> bytes:
        from causal_organism.platform.metrics import to_prometheus

        with self._guard:
            if time.monotonic() - self._made_at >= KEPT_S:
                self._text, self._made_at = to_prometheus(_load(self._window)).encode(), time.monotonic()
            return self._text


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != "/metrics":
            self.send_error(404)
            return
        text = self.server.text()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Nothing: a line per question would fill a disk."""
