#!/usr/bin/env python3
"""Write the digest of every image of docker-compose.prefect.yml behind its tag, as the registry gives it now.

    deploy/pin_images.py            asks the registries and changes the file
    deploy/pin_images.py --check    asks nobody; exits 1 if an image of somebody else's has no digest

A registry that cannot be reached, or that gives no digest, is told, and its image stays as it is.
"""

from __future__ import annotations

import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

COMPOSE = Path(__file__).resolve().parent.parent / "docker-compose.prefect.yml"
OURS = "causal-organism"
IMAGE = re.compile(r"^(\s*image: )(\S+?)(@sha256:[0-9a-f]{64})?$", re.MULTILINE)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
ACCEPT = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in (
        "oci.image.index.v1", "docker.distribution.manifest.list.v2", "oci.image.manifest.v1",
        "docker.distribution.manifest.v2",
    )
)  # fmt: skip
TIMEOUT_S = 20


def place_of(image: str) -> tuple[str, str, str]:
    """(registry's URL, repository, tag); Docker Hub where none is named."""
    name, _, tag = image.rpartition(":")
    host, _, rest = name.partition("/")
    if not ("." in host or ":" in host or host == "localhost"):
        host, rest = "registry-1.docker.io", name if "/" in name else f"library/{name}"
    scheme = "http" if host.partition(":")[0] in ("localhost", "127.0.0.1") else "https"
    return f"{scheme}://{host}", rest, tag


def digest_of(image: str) -> str:
    """Raises OSError, ValueError where it cannot be had."""
    registry, repository, tag = place_of(image)
    request = urllib.request.Request(
        f"{registry}/v2/{repository}/manifests/{tag}", headers={"Accept": ACCEPT}, method="HEAD"
    )
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code != 401:
            raise
        request.add_header("Authorization", f"Bearer {_token(error.headers.get('WWW-Authenticate', ''))}")
        answer = urllib.request.urlopen(request, timeout=TIMEOUT_S)
    found = answer.headers.get("Docker-Content-Digest", "")
    if not DIGEST.fullmatch(found):
        raise ValueError(f"the registry gave no digest: {found!r}")
    return found


def _token(challenge: str) -> str:
    """Of nobody in particular, as the registry asks for it."""
    asked = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    if "realm" not in asked:
        raise ValueError(f"the registry asks for what is not known here: {challenge!r}")
    query = urllib.parse.urlencode({name: asked[name] for name in ("service", "scope") if name in asked})
    with urllib.request.urlopen(f"{asked['realm']}?{query}", timeout=TIMEOUT_S) as answer:
        return str(json.load(answer)["token"])


def foreign(text: str) -> list[tuple[str, str | None]]:
    """(image with its tag, its digest) of those that are not ours."""
    return [(image, digest) for _, image, digest in IMAGE.findall(text) if not image.startswith(f"{OURS}:")]


def pinned(text: str) -> tuple[str, list[str]]:
    """The text with the digests that could be had, and what went wrong with the others."""
    wrong = []
    for image in dict.fromkeys(image for image, _ in foreign(text)):
        try:
            digest = digest_of(image)
        except (OSError, ValueError, KeyError) as error:
            wrong.append(f"{image}: {error}")
            continue
        text = re.sub(rf"(image: {re.escape(image)})(@\S+)?$", rf"\g<1>@{digest}", text, flags=re.MULTILINE)
    return text, wrong


def main(arguments: list[str]) -> int:
    text = COMPOSE.read_text(encoding="utf-8")
    if arguments == ["--check"]:
        wrong = [f"{image} has no digest" for image, digest in foreign(text) if not digest]
    elif not arguments:
        text, wrong = pinned(text)
        COMPOSE.write_text(text, encoding="utf-8")
    else:
        print(__doc__, file=sys.stderr)
        return 2
    print("\n".join(wrong) or "every image has its digest", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
