"""Causal Organism: an organisation watched as a living system. Authors' names are loaded when first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from causal_organism.assets.automation.conditions import (
        all_inputs,
        any_input,
        checks_passed,
        eager,
        latest_window,
        newly_updated,
        on_cron,
        on_missing,
        when_stale,
    )  # fmt: skip
    from causal_organism.assets.checks import drift, in_range, input_fresh, no_nulls, row_count, unique
    from causal_organism.assets.definitions import (
        Check,
        Keep,
        Looked,
        Output,
        Retry,
        asset,
        source,
    )  # fmt: skip
    from causal_organism.assets.deltas import Delta
    from causal_organism.assets.facts import Markdown as markdown
    from causal_organism.assets.facts import Path as path
    from causal_organism.assets.facts import Table as table
    from causal_organism.assets.facts import Text as text
    from causal_organism.assets.facts import Url as url
    from causal_organism.assets.partitions.cron_windows import CronWindows
    from causal_organism.assets.partitions.dimensions import Dynamic, Static
    from causal_organism.assets.partitions.upstream import Upstream, by
    from causal_organism.assets.partitions.windows import Daily, Hourly, Monthly, Weekly
    from causal_organism.testing import check_update, context_for
    from causal_organism.wiring import open_organism

_PLACES = {
    **dict.fromkeys(("asset", "source", "Check", "Keep", "Looked", "Output", "Retry"), ("assets.definitions", None)),
    **{name: ("assets.facts", name.capitalize()) for name in ("markdown", "path", "table", "text", "url")},
    "Delta": ("assets.deltas", None),
    **dict.fromkeys(("Upstream", "by"), ("assets.partitions.upstream", None)),
    **dict.fromkeys(("Dynamic", "Static"), ("assets.partitions.dimensions", None)),
    **dict.fromkeys(("Daily", "Hourly", "Monthly", "Weekly"), ("assets.partitions.windows", None)),
    "CronWindows": ("assets.partitions.cron_windows", None),
    **dict.fromkeys(
        (
            "all_inputs",
            "any_input",
            "checks_passed",
            "eager",
            "latest_window",
            "newly_updated",
            "on_cron",
            "on_missing",
            "when_stale",
        ),
        ("assets.automation.conditions", None),
    ),
    **dict.fromkeys(
        ("drift", "in_range", "input_fresh", "no_nulls", "row_count", "unique"),
        ("assets.checks", None),
    ),
    **dict.fromkeys(("check_update", "context_for"), ("testing", None)),
    "open_organism": ("wiring", None),
}

__all__ = [
    "Check", "CronWindows", "Daily", "Delta", "Dynamic", "Hourly", "Keep", "Looked", "Monthly", "Output",
    "Retry", "Static", "Upstream", "Weekly", "all_inputs", "any_input", "asset", "by", "check_update",
    "checks_passed", "context_for", "drift", "eager", "in_range", "input_fresh", "latest_window", "markdown",
    "newly_updated", "no_nulls", "on_cron", "on_missing", "open_organism", "path", "row_count", "source", "table",
    "text", "unique", "url", "when_stale",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _PLACES[name]
    return getattr(import_module(f"{__name__}.{module}"), attribute or name)
