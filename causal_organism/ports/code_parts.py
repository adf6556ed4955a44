"""What code versions are made of, so that it can be said what differs between two."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from causal_organism.assets.code_parts import Parts


class CodeParts(Protocol):
    """Parts by code version. They never change: a version is the fingerprint of its parts."""

    def load(self, versions: Collection[str]) -> Mapping[str, Parts]:
        """Those of these versions that are known; one read."""

    def record(self, parts: Mapping[str, Parts]) -> None:
        """Store parts by version; what is known is left as it is."""
