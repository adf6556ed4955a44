"""What may be done with runs: try them again, stop them; a dialog says which, and which are left out and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from causal_organism.wording.consequences import EFFECTS, after_cancel, after_retry
from causal_organism.wording.identities import short_id
from causal_organism.wording.run_causes import run_name
from causal_organism.wording.safe_text import safe_name, safe_text
from tui.presenters.commands import each_of
from tui.presenters.consequences import lines_of
from tui.presenters.lines import Line, line
from tui.presenters.words import run_word
from tui.screens.dialogs import SHOWN_TARGETS, Answers, Ask, Foreseen, confirming
from tui.screens.listing import ListScreen
from tui.source import ConsoleSource
from tui.states import UNFINISHED

_COMMANDS = {"retry": "retry", "stop": "cancel"}
_FOLLOWS = {"retry": after_retry, "stop": after_cancel}


class RunActions(ListScreen):
    """A list of runs with `r` and `s`."""

    def do_retry(self) -> None:
        self._ask("retry", self._retry)

    def do_stop(self) -> None:
        self._ask("stop", self._stop)

    def _ask(self, verb: str, act: Callable[[Sequence[str]], None]) -> None:
        """A dialog that lists what is acted on, and what of the marks is left out and why."""
        refused = self._refusals(verb)
        targets = tuple(key for key, why in refused.items() if not why)
        if not targets:
            self.say(f"{verb}: {next(iter(refused.values()), 'nothing is selected')}")
            return
        left_out = {key: why for key, why in refused.items() if why}
        effect = f"Effect: {EFFECTS[_COMMANDS[verb]]}"
        lines = [*self._target_lines(targets), *self._left_out_lines(left_out), line(""), line(effect)]
        stamps = {key: self.stamp(key) for key in targets}
        number = len(targets)
        word = f"{verb} {number}" if number > 1 or self.console.place.production else None
        dialog = Ask(
            f"{verb.upper()} {number} RUN{'S' if number != 1 else ''}", lines, action=verb.capitalize(),
            fields=confirming(word), context=self._where(), command=each_of(_COMMANDS[verb], targets),
            foreseen=Foreseen(lambda source: source.after_runs(targets), lambda found: lines_of(_FOLLOWS[verb](found))),
        )  # fmt: skip

        def answered(answers: Answers | None) -> None:
            if answers is not None and not self.changed_since(verb, stamps):
                act(targets)

        self.app.push_screen(dialog, answered)

    def _refusals(self, verb: str) -> dict[str, str]:
        """Run -> why it cannot be acted on, empty where it can: the documents say it, as the command line does."""
        field = {"retry": "not_retryable", "stop": "not_cancellable"}[verb]
        return {key: safe_text((self.item(key) or {}).get(field) or "", limit=120) for key in self.table.targets()}

    def stamp(self, key: str) -> object:
        """A run that was queued and runs now may still be stopped; one that was tried again is not what failed."""
        word, tries = self.word_of(key), (self.item(key) or {}).get("tries")
        return "unfinished" if word in UNFINISHED else (word, tries)

    def _retry(self, targets: Sequence[str]) -> None:
        def retry(source: ConsoleSource, run: str) -> str:
            return source.retry(run)

        self.write("retry", targets, retry, self._retried)

    def _retried(self, results: Sequence[object]) -> None:
        self.table.clear_marks()
        if len(results) == 1:
            self.go_to(str(results[0]), open=True)
        if results:
            self.say("retry: " + ", ".join(short_id(run) for run in results))

    def _stop(self, targets: Sequence[str]) -> None:
        def stop(source: ConsoleSource, run: str) -> str:
            source.cancel(run)
            return run

        self.write("stop", targets, stop, self._stopped)

    def _stopped(self, results: Sequence[object]) -> None:
        self.table.clear_marks()
        if results:
            self.say("stop was asked for: " + ", ".join(short_id(run) for run in results))

    def _target_lines(self, targets: Sequence[str]) -> list[Line]:
        lines = []
        for key in targets[:SHOWN_TARGETS]:
            run = self.item(key) or {}
            lines.append(line(f"  {short_id(key)}  {run_name(run)}  {run_word(run.get('state'))}"))
        if len(targets) > SHOWN_TARGETS:
            lines.append(line(f"  ... and {len(targets) - SHOWN_TARGETS} more"))
        return lines

    def _left_out_lines(self, left_out: Mapping[str, str]) -> list[Line]:
        """One line per reason, with the first of those that it is about."""
        by_reason: dict[str, list[str]] = {}
        for key, why in left_out.items():
            by_reason.setdefault(why, []).append(short_id(key))
        return [
            line((f"  left out: {len(ids)} ({', '.join(ids[:3])}{', ...' if len(ids) > 3 else ''}): {why}", "warn"))
            for why, ids in by_reason.items()
        ]

    def _where(self) -> str:
        return f"{safe_name(self.console.place.context, limit=24)} [RW]"
