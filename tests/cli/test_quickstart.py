"""What a quickstart says at its end."""

from __future__ import annotations

from causal_organism.cli.quickstart import _text
from causal_organism.documents.quickstart import Conclusion, QuickstartDocument


def test_an_effect_that_was_refused_has_no_number_and_the_others_are_told() -> None:
    told: Conclusion = {
        "outcome": "load", "segment": "all", "effect": -0.12345, "lo": -0.2, "hi": -0.05, "verdict": "supported",
        "reasons": [],
    }  # fmt: skip
    refused: Conclusion = {
        **told, "segment": "few", "effect": None, "lo": None, "hi": None, "verdict": "refused",
        "reasons": ["small-group"],
    }  # fmt: skip
    document: QuickstartDocument = {
        "schema": "organism.quickstart/1", "seconds": 1.0, "runs": [], "made": [],
        "concluded": {"estimands": [told, refused], "reasons": []}, "proposals": [], "servers": [],
    }  # fmt: skip
    lines = [line.split() for line in _text(document).splitlines() if line.startswith("load")]
    assert lines == [
        ["load", "all", "-0.123", "-0.2", "-0.05", "supported"],
        ["load", "few", "-", "-", "-", "refused", "small-group"],
    ]
