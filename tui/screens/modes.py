"""The screens by name. Those that are not the first are read when they are gone to: they cost 15 ms."""

from __future__ import annotations

from collections.abc import Callable

from textual.screen import Screen

from tui.screens.overview import OverviewScreen


def _assets() -> Screen[None]:
    from tui.screens.assets import AssetsScreen

    return AssetsScreen()


def _runs() -> Screen[None]:
    from tui.screens.runs import RunsScreen

    return RunsScreen()


def _queues() -> Screen[None]:
    from tui.screens.queues import QueuesScreen

    return QueuesScreen()


def _interventions() -> Screen[None]:
    from tui.screens.interventions import InterventionsScreen

    return InterventionsScreen()


SCREENS: dict[str, Callable[[], Screen[None]]] = {
    "overview": OverviewScreen,
    "assets": _assets,
    "runs": _runs,
    "queues": _queues,
    "interventions": _interventions,
}
