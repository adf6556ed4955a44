"""Lists of whose things a refresh can be triggered: the dialog with its plan, and then the run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from causal_organism.wording.identities import short_id
from tui.presenters.assets.config import question
from tui.screens.listing import ListScreen
from tui.source import ConsoleSource

if TYPE_CHECKING:
    from tui.screens.trigger import Wish


class TriggeringScreen(ListScreen):
    """A list with `t`."""

    def asset_keys(self) -> tuple[str, ...]:
        """The assets that `t` is about."""
        return self.table.targets()

    def is_partitioned(self, key: str) -> bool:
        return False

    def do_trigger(self) -> None:
        keys = self.asset_keys()
        if not keys:
            self.say("trigger: there is no asset here to make")
            return
        from tui.screens.trigger import TriggerDialog  # 5 ms, which the first paint does not wait for

        partitioned = any(self.is_partitioned(key) for key in keys)
        asked = question([self.item(key) or {} for key in keys])
        dialog = TriggerDialog(keys, self.console.place, partitioned=partitioned, config=asked)
        self.app.push_screen(dialog, self._trigger)

    def _trigger(self, wish: Wish | None) -> None:
        if wish is None:
            return

        def start(source: ConsoleSource, selection: str) -> str:
            return source.trigger(selection, **wish.options)

        self.write(f"trigger {wish.selection}", (wish.selection,), start, self._triggered)

    def _triggered(self, results: Sequence[object]) -> None:
        """Show the run, so that it is seen to queue, run and finish."""
        for run in results:
            self.table.clear_marks()
            self.console.go("runs", str(run), say=f"run {short_id(run)} was started; - goes back")
