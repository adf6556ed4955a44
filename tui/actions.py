"""Everything that a key does, in one table: it makes the bindings, the help screen and the key row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tui.states import CXL, FAIL, PAUSED, QUE, RETRY, RUN, WAIT

# Where a key works: everywhere, in any list, on one screen, in the log pane.
APP, LIST, LOG = "app", "list", "log"
OVERVIEW, ASSETS, RUNS, QUEUES, INTERVENTIONS = "overview", "assets", "runs", "queues", "interventions"
SCREENS = (OVERVIEW, ASSETS, RUNS, QUEUES, INTERVENTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What decides whether an action is possible now."""

    read_only: bool = False
    lost: str | None = None  # why nothing can be written now
    unsupported: Mapping[str, str] = field(default_factory=dict)
    targets: tuple[str, ...] = ()  # keys the action would act on
    displaced: str | None = None  # why what is under the cursor is not what was there
    states: frozenset[str] = frozenset()  # their state words


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """`keys` in Textual's names. `dangerous`: it changes something. `states`: at least one target must be in one.

    `needs`: the documents whose servers it asks; while one of them is lost, it cannot be done.
    """

    id: str
    keys: tuple[str, ...]
    scope: str
    label: str  # in the key row; empty: not shown there
    help: str
    dangerous: bool = False
    targeted: bool = False
    states: frozenset[str] = frozenset()
    needs: tuple[str, ...] = ()

    @property
    def of_list(self) -> bool:
        """Whether it does something to the list itself, and not to what the list is about."""
        return (self.scope == LIST and not self.targeted) or self.id == "tree"

    def refusal(self, context: Context) -> str | None:
        """Why it cannot be done now; None if it can. Advisory: the server decides."""
        if self.id in context.unsupported:
            return context.unsupported[self.id]
        if self.dangerous and context.read_only:
            return "read-only context (--read-only)"
        if self.dangerous and context.lost:
            return context.lost
        if self.dangerous and context.displaced:
            return context.displaced
        if self.targeted and not context.targets:
            return "nothing is selected"
        if self.states and not self.states & context.states:
            here = ", ".join(sorted(context.states)) or "unknown"
            return f"possible for {', '.join(sorted(self.states))}; this is {here}"
        return None


def _plain(scope: str, id: str, keys: str, label: str, help: str, *, targeted: bool = False) -> Action:
    return Action(id=id, keys=tuple(keys.split()), scope=scope, label=label, help=help, targeted=targeted)


_NEEDS: Mapping[str, tuple[str, ...]] = {
    OVERVIEW: ("assets", "runs"),
    ASSETS: ("assets", "runs"),
    RUNS: ("runs",),
    QUEUES: ("queues",),
    INTERVENTIONS: ("proposals",),
}


def _write(scope: str, id: str, key: str, label: str, help: str, *states: str) -> Action:
    return Action(
        id=id,
        keys=(key,),
        scope=scope,
        label=label,
        help=help,
        dangerous=True,
        targeted=True,
        states=frozenset(states),
        needs=_NEEDS[scope],
    )


ACTIONS: tuple[Action, ...] = (
    # The first of a screen's scope come first in the key row.
    _plain(OVERVIEW, "open", "enter", "open", "open the thing in trouble", targeted=True),
    _write(OVERVIEW, "trigger", "t", "trigger", "show the plan for the assets of this line and start a run"),
    _plain(ASSETS, "open", "enter", "detail", "open or close a group; show the asset", targeted=True),
    _write(ASSETS, "trigger", "t", "trigger", "show the plan for this asset (or the marks) and start a run"),
    _plain(ASSETS, "upstream", "less_than_sign", "up", "go to what it reads", targeted=True),
    _plain(ASSETS, "downstream", "greater_than_sign", "down", "go to what reads it", targeted=True),
    _plain(ASSETS, "logs", "l", "logs", "open the run that tried last to make it", targeted=True),
    _plain(ASSETS, "versions", "V", "versions", "its versions: compare two, restore, pin", targeted=True),
    _plain(ASSETS, "tree", "T", "tree", "tree of groups, or one flat list"),
    _plain(RUNS, "open", "enter", "open", "show the run with its tasks and logs", targeted=True),
    _plain(RUNS, "logs", "l", "log", "the whole log from its first line: levels, search, save, copy", targeted=True),
    _plain(RUNS, "older", "right_square_bracket", "", "the page of older runs; :runs 2026-01-31 goes to a day"),
    _plain(RUNS, "newer", "left_square_bracket", "", "the page of newer runs"),
    _write(RUNS, "retry", "r", "retry", "run it again from the failure", FAIL, CXL),
    _write(RUNS, "stop", "s", "stop", "stop it", RUN, RETRY, QUE, WAIT, PAUSED),
    _plain(RUNS, "causes", "C", "why", "failures by cause: runs with the same reason as one line"),
    _plain(QUEUES, "open", "enter", "runs", "show the runs", targeted=True),
    _write(QUEUES, "pause", "p", "pause/resume", "pause the queue or the schedule, or let it go on"),
    _write(QUEUES, "limit", "L", "limit", "set how many runs the queue runs at once"),
    _plain(
        QUEUES, "letters", "d", "dead letters", "dead letters, the interactions that were refused: send again, drop"
    ),
    _plain(QUEUES, "workers", "W", "workers", "the workers: heartbeat, what each can import, its code, what is wrong"),
    Action(
        id="reread",
        keys=("R",),
        scope=QUEUES,
        label="",
        help="let the next pulse read the whole stream again",
        dangerous=True,
        needs=("queues",),
    ),
    _plain(INTERVENTIONS, "open", "enter", "evidence", "show the evidence", targeted=True),
    _write(INTERVENTIONS, "approve", "a", "approve", "approve it, in your name", "PROPOSED"),
    _write(INTERVENTIONS, "reject", "x", "reject", "reject it, with a reason", "PROPOSED"),
    _write(INTERVENTIONS, "start", "s", "start", "say that it has begun; of a pilot, lots are drawn", "APPROVED"),
    _write(INTERVENTIONS, "finish", "f", "finish", "say that it is over", "STARTED"),
    _write(INTERVENTIONS, "halt", "X", "stop", "end it before its time", "STARTED"),
    _write(INTERVENTIONS, "withdraw", "w", "withdraw", "take the decision back", "APPROVED", "REJECTED"),
    _plain(LOG, "log.follow", "f", "follow", "follow the log's end; scrolling up stops it"),
    _plain(LOG, "log.wrap", "w", "wrap", "break long lines"),
    _plain(LOG, "log.search", "slash", "search", "search; n and N go through the matches"),
    _plain(LOG, "log.next", "n", "next", "next match"),
    _plain(LOG, "log.previous", "N", "", "previous match"),
    _plain(LOG, "log.only", "ampersand", "only", "show only the lines with a text"),
    _plain(LOG, "log.stamps", "T", "times", "show or hide times"),
    _plain(LIST, "mark", "space", "mark", "mark; actions then act on the marks"),
    _plain(LIST, "mark.range", "v", "", "mark everything between the last mark and here"),
    _plain(
        LIST,
        "filter",
        "slash",
        "filter",
        "filter: text, !text, -f letters, glob*, column=value, a selection;"
        " of runs, text, state= since= deployment= asset= actor= are asked of the server",
    ),
    _plain(LIST, "faults", "e", "", "show only what is not OK"),
    _plain(LIST, "sort.name", "N", "", "sort by name"),
    _plain(LIST, "sort.age", "A", "", "sort by age"),
    _plain(LIST, "sort.state", "S", "", "sort by state"),
    _plain(LIST, "sort.next", "O", "", "sort by the next column; on the last one, not at all"),
    _plain(LIST, "sort.reverse", "I", "", "turn the order around"),
    _plain(LIST, "copy", "c", "", "copy the name (OSC 52)", targeted=True),
    _plain(LIST, "json", "y", "", "the document behind this line, as JSON", targeted=True),
    _plain(APP, "go.overview", "1", "", "overview"),
    _plain(APP, "go.assets", "2", "", "assets"),
    _plain(APP, "go.runs", "3", "", "runs"),
    _plain(APP, "go.queues", "4", "", "queues"),
    _plain(APP, "go.interventions", "5", "", "interventions"),
    _plain(APP, "go.last", "minus", "", "the last place"),
    _plain(APP, "pane", "tab", "", "the next pane"),
    _plain(APP, "zoom", "z", "", "one pane over the whole body, and back"),
    _plain(APP, "cli", "Y", "CLI", "show and copy the command that does the same"),
    _plain(APP, "freeze", "u", "", "pause: ask for nothing until pressed again"),
    _plain(APP, "refresh", "ctrl+r", "", "ask now"),
    _plain(APP, "redraw", "ctrl+l", "", "draw the whole screen again"),
    _plain(APP, "command", "colon", "", "a command, which tab completes; they stand at the end of this list"),
    _plain(APP, "help", "question_mark ctrl+p", "help", "this list; enter runs the line"),
    _plain(APP, "back", "escape", "", "dismiss the message, the filter, the marks; then back"),
    _plain(APP, "suspend", "ctrl+z", "", "leave for the shell; fg comes back"),
    _plain(APP, "leave", "q", "back", "back; asks before it quits"),
    _plain(APP, "quit", "ctrl+c", "", "quit"),
)
MOVES: tuple[tuple[str, str], ...] = (
    ("j k up down", "move"),
    ("g G home end", "top, bottom"),
    ("ctrl+d ctrl+u", "half a page"),
    ("ctrl+f ctrl+b pgdn pgup", "a page"),
)
_NAMES = {
    "slash": "/", "colon": ":", "question_mark": "?", "minus": "-", "ampersand": "&", "less_than_sign": "<",
    "left_square_bracket": "[", "right_square_bracket": "]",
    "greater_than_sign": ">", "escape": "esc",
}  # fmt: skip


def in_scope(*scopes: str) -> tuple[Action, ...]:
    """The actions of these scopes, in the order of the scopes."""
    return tuple(action for scope in scopes for action in ACTIONS if action.scope == scope)


def find(id: str, *scopes: str) -> Action:
    """The action of that id in the first of the scopes that has it."""
    return next(action for action in in_scope(*scopes) if action.id == id)


def key_of(written: str) -> str:
    """A key as Textual calls it."""
    return next((key for key, name in _NAMES.items() if name == written), written)


def key_name(key: str) -> str:
    """A key as people write it."""
    return _NAMES.get(key, key)
