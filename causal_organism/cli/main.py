"""The command `organism`: its commands, loaded when they are called, and its exit codes."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any

import click
from click.shell_completion import CompletionItem

from causal_organism.cli.output import UnwrittenError, data, open_stdout, say, talk_aside, to_json, writing
from causal_organism.cli.usage import is_help, usage_error
from causal_organism.errors import FAILED, STOPPED, UNREACHABLE, WRONG, OrganismError, missing_extra
from causal_organism.settings import wants_traces

_STAYING = frozenset({"tui", "watch", "worker", "metrics"})
"""What goes on until it is stopped is not a trace; runs of a worker are traced in their own processes."""

# name -> (module, attribute, what `organism --help` says); the modules are imported when their command is called
COMMANDS: dict[str, tuple[str, str, str]] = {
    "quickstart": ("quickstart", "quickstart", "Start everything on a generated organisation, and show what came out."),
    "up": ("servers", "up", "Start the embedded servers of the home."),
    "down": ("servers", "down", "Stop them; their data stays."),
    "status": ("servers", "status", "Show how each server stands."),
    "env": ("servers", "env", "Print the settings as export lines."),
    "check": ("check", "check", "Test every connection, with latency, version and what is wrong."),
    "tui": ("console", "tui", "Open the console."),
    "assets": ("assets", "assets", "List assets with status, version, age and causes."),
    "show": ("assets", "show", "Show one asset."),
    "partitions": ("partitions", "partitions", "List the partitions of an asset with status and causes."),
    "graph": ("assets", "graph", "Draw the asset graph as a tree, DOT or Mermaid."),
    "graphs": ("graphs", "graphs", "List the asset graphs: the catalog, and others beside it."),
    "why": ("why", "why", "Say why an asset is out of date, or why a person's number changed."),
    "versions": ("history", "versions", "List the versions of an asset."),
    "diff": ("history", "diff", "Compare two versions, by entity."),
    "read": ("history", "read", "Print the values of a version."),
    "restore": ("history", "restore", "Publish an old version's content again."),
    "pin": ("history", "pin", "Hold a version as head."),
    "unpin": ("history", "unpin", "Let go of a pinned head."),
    "retain": ("history", "retain", "Remove content that the retention policies no longer keep."),
    "observe": ("refresh", "observe", "Look at the sources now, and record what was seen."),
    "checks": ("assets", "checks", "Run checks on what exists, without making anything."),
    "plan": ("refresh", "plan", "Show what a refresh would do, and why."),
    "refresh": ("refresh", "refresh", "Make what is out of date in a selection."),
    "runs": ("runs.listing", "runs", "List runs."),
    "run": ("runs.run", "run", "Show one run with its steps and tasks."),
    "logs": ("runs.run", "logs", "Print the logs of a run."),
    "retry": ("runs.changes", "retry", "Run a failed run again from its failure."),
    "cancel": ("runs.changes", "cancel", "Stop a run; heads stay as they were."),
    "stats": ("runs.stats", "stats", "Count how runs went over a time: success, retries, durations, waiting."),
    "stream": ("stream", "stream", "Read the stream of interactions again after a gap."),
    "pulse": ("orchestration.pulse", "pulse", "Take in what is new in the stream, now."),
    "queues": ("orchestration.queues", "queues", "Show queue depth, limits and stream lag."),
    "queue": ("orchestration.queues", "queue", "Pause, resume or limit a queue."),
    "schedules": ("orchestration.schedules", "schedules", "List schedules."),
    "schedule": ("orchestration.schedules", "schedule", "Pause or resume a schedule."),
    "workers": ("orchestration.workers", "workers", "List the workers, and what each of them can import."),
    "worker": ("orchestration.worker", "worker", "Serve runs; told to stop, let those that go on end first."),
    "deploy": ("orchestration.deploy", "deploy", "Set up, update or check pool, queues, deployments and schedules."),
    "ingest": ("ingesting.ingest", "ingest", "Put interactions from files into the stream."),
    "import": ("ingesting.ingest", "import_", "Import people or outcomes."),
    "dead-letters": ("ingesting.ingest", "dead_letters", "List, retry or drop refused interactions."),
    "interventions": ("interventions", "interventions", "List proposals and what became of them."),
    "study": ("study", "study", "Estimate effects in any table, by a declared and reviewed design."),
    "alerts": (
        "watching.alerts",
        "alerts",
        "Show what is wrong and who is told; silence it; test the channels.",
    ),
    "metrics": ("watching.metrics", "metrics", "Print or serve numbers for monitoring, as Prometheus reads them."),
    "watch": ("watching.watch", "watch", "Look from outside, and tell people what is wrong and when it is over."),
    "backup": ("backups", "backup", "Copy everything that cannot be made again, as it stands at one moment."),
    "restore-backup": ("backups", "restore_backup", "Make an organism of a backup, in empty stores."),
    "generate": ("quickstart", "generate", "Write a generated organisation to a folder."),
    "completion": ("shell.completion", "completion", "Print what makes a shell complete names: bash, zsh or fish."),
    "access": ("access", "access", "Let other people of this machine use the home."),
    "audit": ("audit", "audit", "Print the audit log, verify its chain, or hand it on."),
}


COMPLETING = "_ORGANISM_COMPLETE"  # set by the shell's function that asks what could be typed next
_OWN_STDOUT = frozenset(
    {"-h", "--help", "--version", "tui", "completion"}
)  # these print by other means, and run no author's code


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        module, attribute, _ = COMMANDS[cmd_name]
        command = getattr(import_module(f"causal_organism.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS:
            from difflib import get_close_matches

            close = get_close_matches(args[0], COMMANDS, n=1)
            ctx.fail(f"there is no command {args[0]!r}" + (f"; did you mean {close[0]}?" if close else ""))
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names of commands without importing them."""
        found = [CompletionItem(name, help=about) for name, (_, _, about) in COMMANDS.items()]
        return [each for each in found if each.value.startswith(incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, _, about) in COMMANDS.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="causal-organism", prog_name="organism")
@click.pass_context
def organism(ctx: click.Context) -> None:
    """Watch an organisation as a living system: versioned assets from interactions to interventions.

    `--assets package.module:NAME`, anywhere on the line, puts somebody else's asset graph in place of the catalog;
    `--assets catalog,package.module:NAME` beside it.
    """
    if wants_traces() and ctx.invoked_subcommand not in _STAYING:
        from causal_organism.tracing import span, start_tracing

        start_tracing()
        ctx.with_resource(span(f"organism {ctx.invoked_subcommand}"))


def run() -> None:
    """The console script: runs a command and exits with DESIGN's exit codes."""
    open_stdout()
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Run one command line; its exit code."""
    try:
        return _run_command(arguments)
    except (BrokenPipeError, UnwrittenError) as error:
        if isinstance(error, UnwrittenError):
            say(f"organism: stdout cannot be written: {error}; what the command did is done")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that closing stdout does not fail again
        return FAILED if isinstance(error, UnwrittenError) else 0  # `read | head` had what it wanted


def _run_command(arguments: list[str]) -> int:
    as_json = "--json" in arguments
    try:
        arguments = _take_assets(arguments)
        with writing() if _has_own_stdout(arguments) else talk_aside():
            result = organism.main(args=arguments, prog_name="organism", standalone_mode=False)
        with writing():
            sys.stdout.flush()
        return result if isinstance(result, int) else 0  # an exit inside a command comes back as its code
    except OrganismError as error:
        _report(as_json, error.exit_code, error.code, error.message, _hint(error), error.column)
        return error.exit_code
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        if is_help(error):
            click.echo(error.format_message(), err=True)
        else:
            _report(as_json, WRONG, "usage", *usage_error(error, _named(arguments)), None)
        return WRONG
    except (click.Abort, KeyboardInterrupt):
        hint = "what was made stays made; the same command goes on from there" if "refresh" in arguments else None
        _report(as_json, STOPPED, "stopped", "stopped", hint, None)
        return STOPPED
    except (BrokenPipeError, UnwrittenError):
        raise
    except Exception as error:  # noqa: BLE001 - a defect: said with its traceback, and to scripts in one document all the same
        if (missing := missing_extra(error)) is not None:
            _report(as_json, WRONG, missing.code, missing.message, missing.hint, None)
            return WRONG
        traceback.print_exc()
        _report(as_json, FAILED, "defect", f"{type(error).__name__}: {error}", "a defect of organism: report it", None)
        return FAILED


def _hint(error: OrganismError) -> str | None:
    """What to do; of a server that does not answer, what its home does already."""
    if error.exit_code != UNREACHABLE:
        return error.hint
    from causal_organism.embedded.returning import what_to_do
    from causal_organism.settings import load_settings

    try:
        return what_to_do(error, load_settings())
    except OrganismError:  # settings that cannot be read are told by the commands that read them
        return error.hint


def _named(arguments: list[str]) -> str | None:
    return next((word for word in arguments if word in COMMANDS), None)


def _has_own_stdout(arguments: list[str]) -> bool:
    return COMPLETING in os.environ or not _OWN_STDOUT.isdisjoint(arguments)


def _take_assets(arguments: list[str]) -> list[str]:
    """Take `--assets X` or `--assets=X` off the line, and make it the setting of this process."""
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            return [*rest, word, *words]
        if word == "--assets":
            place = next(words, None)
            if place is None:
                raise click.UsageError("--assets needs package.module:NAME")
            os.environ["ORGANISM_ASSETS"] = place
        elif word.startswith("--assets="):
            os.environ["ORGANISM_ASSETS"] = word.removeprefix("--assets=")
        else:
            rest.append(word)
    return rest


def _report(as_json: bool, exit_code: int, code: str, message: str, hint: str | None, column: int | None) -> None:
    if as_json:
        error: dict[str, Any] = {"code": code, "message": message, "hint": hint}
        if column is not None:
            error["column"] = column
        data(to_json({"schema": "organism.error/1", "error": error}))
        return
    from causal_organism.wording.safe_text import safe_text

    click.echo(f"organism: {safe_text(message, multiline=True)}", err=True)
    if hint:
        click.echo(f"  {safe_text(hint, limit=sys.maxsize)}", err=True)  # half a command is none
    if exit_code == UNREACHABLE and not hint:
        click.echo("  `organism check` tests every connection", err=True)
