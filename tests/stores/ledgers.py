"""Versions to publish, and what gave them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from causal_organism.assets.contents import Row
from causal_organism.assets.versions import CheckResult, InputVersion, Provenance, Version
from causal_organism.ports import Ledger

NOW = datetime(2026, 1, 5, 12, 0, 0, 123456, tzinfo=UTC)
MADE = Provenance(code_version="c1", inputs={"a": InputVersion("fa", 3), "b": None})


def version(key: str = "k", content: str = "f1", **changes: Any) -> Version:
    made = Version(
        key=key, number=0, fingerprint=content, made_at=NOW, run="r1", actor="ana", trigger="cli", provenance=MADE,
        content=Row(name=content, format="json", bytes=1), metadata={"n": 1},
        checks=(CheckResult(name="c", passed=True, blocking=False),),
    )  # fmt: skip
    return replace(made, **changes)


def publish(ledger: Ledger, made: Version) -> Version:
    with ledger.hold(made.key, "", "tester") as lease:
        return ledger.publish(lease, made)
