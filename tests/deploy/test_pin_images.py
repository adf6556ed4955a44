"""Digests of images come from their registry, and none is invented."""

from __future__ import annotations

import importlib.util
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any

import pytest

from causal_organism.platform.images import unpinned_images
from tests.deploy.kustomized import ROOT
from tests.deploy.test_kubernetes import VERSION

DIGEST = "sha256:" + "ab" * 32


class Registry(BaseHTTPRequestHandler):
    """Asks for a token, and knows one image; of another one it gives no digest."""

    def do_GET(self) -> None:
        body = json.dumps({"token": "t" if "scope=repository%3Aserver%3Apull" in self.path else "?"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_HEAD(self) -> None:
        if self.headers.get("Authorization") != "Bearer t":
            self.send_response(401)
            address: Any = self.server.server_address
            realm = f"http://127.0.0.1:{address[1]}/token"
            self.send_header("WWW-Authenticate", f'Bearer realm="{realm}",service="s",scope="repository:server:pull"')
        else:
            self.send_response(200 if self.path == "/v2/server/manifests/1.2" else 404)
            self.send_header("Docker-Content-Digest", DIGEST)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def registry() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pin_images", ROOT / "deploy" / "pin_images.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_the_digest_of_the_tag_is_written_behind_it_once_or_twice(script: ModuleType, registry: str) -> None:
    text = f"a:\n    image: {registry}/server:1.2\nb:\n    image: causal-organism:0.1.0\n"
    once, wrong = script.pinned(text)
    assert (once, wrong) == (text.replace("server:1.2", f"server:1.2@{DIGEST}"), [])
    stale = once.replace("ab" * 32, "cd" * 32)
    assert script.pinned(stale) == (once, [])


def test_what_cannot_be_had_is_told_and_stays_as_it_is(script: ModuleType, registry: str) -> None:
    text = f"image: {registry}/server:9\nimage: 127.0.0.1:1/gone:1\n"
    found, wrong = script.pinned(text)
    assert found == text
    assert [each.partition(": ")[0] for each in wrong] == [f"{registry}/server:9", "127.0.0.1:1/gone:1"]


def test_images_of_docker_hub_are_asked_there(script: ModuleType) -> None:
    hub = "https://registry-1.docker.io"
    assert script.place_of("redis:7.4-bookworm") == (hub, "library/redis", "7.4-bookworm")
    assert script.place_of("timescale/timescaledb:2.22.1-pg17") == (hub, "timescale/timescaledb", "2.22.1-pg17")
    assert script.place_of("ghcr.io/a/b:1") == ("https://ghcr.io", "a/b", "1")


def test_compose_names_exact_tags_and_a_check_says_which_have_no_digest(
    script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    found = script.foreign(script.COMPOSE.read_text())
    assert len(found) == 3
    assert all(re.match(r"\d+\.\d+\.\d+", image.rpartition(":")[2]) for image, _ in found)
    assert f"image: causal-organism:{VERSION}\n" in script.COMPOSE.read_text()
    missing = [image for image, digest in found if not digest]
    assert unpinned_images(script.COMPOSE.read_text()) == tuple(missing)  # as `organism deploy check` says it
    assert script.main(["--check"]) == (1 if missing else 0)
    assert all(f"{image} has no digest" in capsys.readouterr().err for image in missing[:1])


def test_images_without_a_digest_are_found_however_they_are_written() -> None:
    compose = f"""
    image: "redis:7.4.2"   # quoted
    image: neo4j:5.26.12@{DIGEST}
    # image: old:1
    image: causal-organism:0.1.0
    image: redis:7.4.2
    image: registry.example.com:5000/server:1.2
    """
    assert unpinned_images(compose) == ("redis:7.4.2", "registry.example.com:5000/server:1.2")
