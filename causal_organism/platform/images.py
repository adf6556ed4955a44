"""Images that a compose file names, and whether it says which build of a tag is meant."""

from __future__ import annotations

import re

COMPOSE = "docker-compose.prefect.yml"
_OURS = "causal-organism:"  # built where it runs
_IMAGE = re.compile(r"""^\s*image:\s*["']?([^\s"'#]+)""", re.MULTILINE)


def unpinned_images(compose: str) -> tuple[str, ...]:
    """Images of others, without a digest behind their tag: the next pull may be another build."""
    found = dict.fromkeys(_IMAGE.findall(compose))
    return tuple(image for image in found if "@sha256:" not in image and not image.startswith(_OURS))
