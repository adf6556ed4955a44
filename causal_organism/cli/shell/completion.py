"""`organism completion`, and what completes keys, runs, deployments and queues."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem, get_completion_class

DEADLINE_S = 2.0  # what a server may take: nobody waits longer for a name
NEWEST = 100  # runs that are offered
_VARIABLE = "_ORGANISM_COMPLETE"
_SHELLS = {"bash": ".bashrc", "zsh": ".zshrc", "fish": ".config/fish/config.fish"}

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


@click.command()
@click.argument("shell", type=click.Choice(list(_SHELLS)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the lines that make a shell complete commands, options, keys of assets, runs, deployments and queues.

    bash: eval "$(organism completion bash)" in ~/.bashrc; zsh: the same in ~/.zshrc;
    fish: organism completion fish > ~/.config/fish/completions/organism.fish
    """
    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(ctx.find_root().command, {}, "organism", _VARIABLE).source())


def _quietly(found: Callable[[str], Iterable[CompletionItem]]) -> Complete:
    """Nothing that fails or speaks in the middle of somebody's typing is shown."""

    def complete(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        aside = io.StringIO()
        with contextlib.suppress(Exception), contextlib.redirect_stdout(aside), contextlib.redirect_stderr(aside):
            return list(found(incomplete))
        return []

    return complete


def _keys(incomplete: str) -> Iterable[CompletionItem]:
    """From the asset graph, which is code and needs no server; of an author's, the author's modules are imported."""
    from causal_organism.graphs import load_graph
    from causal_organism.settings import load_settings

    graph = load_graph(load_settings().assets)
    return [CompletionItem(key) for key in graph if key.startswith(incomplete)]


def _selections(incomplete: str) -> Iterable[CompletionItem]:
    """The key that a selection ends with; what stands before it stays."""
    start = max(incomplete.rfind(character) for character in " (+,:") + 1
    before, begun = incomplete[:start], incomplete[start:]
    return [CompletionItem(f"{before}{each.value}") for each in _keys(begun)]


def _runs(incomplete: str) -> Iterable[CompletionItem]:
    from causal_organism.settings import load_settings
    from causal_organism.wiring import OpenOrganism
    from causal_organism.wording.identities import SHORTEST, matching

    with OpenOrganism(load_settings(), deadline_s=DEADLINE_S) as organism:
        runs = {each.id: f"{each.flow} {each.outcome or 'goes on'}" for each in organism.ledger.runs(limit=NEWEST)}
    begun = [run for run in runs if run.startswith(incomplete)]
    found = begun or (matching(incomplete, runs) if len(incomplete) >= SHORTEST else ())
    return [CompletionItem(run, help=runs[run]) for run in found]


def _deployments(incomplete: str) -> Iterable[CompletionItem]:
    from causal_organism.deployments import PIPELINES

    names = [name for each in PIPELINES for name in (each.name, each.full_name)]
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _queues(incomplete: str) -> Iterable[CompletionItem]:
    from causal_organism.deployments import QUEUES

    return [CompletionItem(name) for name in QUEUES if name.startswith(incomplete)]


def _states(incomplete: str) -> Iterable[CompletionItem]:
    from causal_organism.wording.run_states import STATES

    return [CompletionItem(each.lower()) for each in STATES if each.lower().startswith(incomplete.lower())]


complete_key, complete_selection, complete_run = _quietly(_keys), _quietly(_selections), _quietly(_runs)
complete_deployment, complete_queue, complete_state = _quietly(_deployments), _quietly(_queues), _quietly(_states)
