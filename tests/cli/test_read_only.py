"""Read-only comes first: what changes something is refused before a server is started, asked, or a file written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from psycopg import sql

from causal_organism.cli.main import COMMANDS, LazyGroup, main
from causal_organism.settings import Settings, load_settings
from causal_organism.wiring import open_organism

READS, CHANGES = "reads", "changes"

# Every command with words that it takes; `{file}` is one that does not matter. Most have one line; those that change
# something only by an option have two.
LINES: tuple[tuple[str, str], ...] = (
    ("quickstart --yes", CHANGES),
    ("up", CHANGES),
    ("up --only stream", CHANGES),
    ("down", CHANGES),
    ("down --delete-data --yes", CHANGES),
    ("status", READS),
    ("env", READS),
    ("check", READS),
    ("check --network", READS),
    ("check --network --repair", CHANGES),
    ("check --adopt-values", CHANGES),
    ("tui", READS),
    ("assets", READS),
    ("show total", READS),
    ("partitions total", READS),
    ("graph", READS),
    ("why total", READS),
    ("why total --automation", READS),
    ("why total --person ana", READS),
    ("versions total", READS),
    ("diff total", READS),
    ("read total", READS),
    ("restore total@1", CHANGES),
    ("pin total@1", CHANGES),
    ("unpin total", CHANGES),
    ("retain", CHANGES),
    ("backup somewhere", CHANGES),
    ("restore-backup somewhere", CHANGES),
    ("retain --dry-run", READS),
    ("observe", CHANGES),
    ("plan *", READS),
    ("refresh *", CHANGES),
    ("refresh * --local --force", CHANGES),
    ("refresh * --no-wait", CHANGES),
    ("refresh * --dry-run", READS),
    ("runs", READS),
    ("run local-1", READS),
    ("logs local-1", READS),
    ("retry local-1", CHANGES),
    ("cancel local-1", CHANGES),
    ("stream", READS),
    ("stream reread --yes", CHANGES),
    ("queues", READS),
    ("workers", READS),
    ("queue pause default", CHANGES),
    ("queue limit default 1", CHANGES),
    ("schedules", READS),
    ("schedule pause full-analysis", CHANGES),
    ("worker", CHANGES),
    ("deploy", CHANGES),
    ("deploy setup", CHANGES),
    ("deploy update", CHANGES),
    ("deploy check", READS),
    ("ingest {file}", CHANGES),
    ("import people {file}", CHANGES),
    ("dead-letters", READS),
    ("dead-letters list", READS),
    ("dead-letters retry --all", CHANGES),
    ("dead-letters drop --all", CHANGES),
    ("interventions", READS),
    ("interventions list", READS),
    ("interventions show abcd", READS),
    ("interventions approve abcd", CHANGES),
    ("interventions reject abcd --reason no", CHANGES),
    ("interventions start abcd", CHANGES),
    ("interventions finish abcd", CHANGES),
    ("interventions stop abcd", CHANGES),
    ("interventions withdraw abcd", CHANGES),
    ("interventions results abcd", READS),
    ("interventions simulate abcd", READS),
    ("alerts", READS),
    ("alerts test", CHANGES),
    ("generate {folder} --people 20 --weeks 2", READS),  # writes where it is told to, and nothing of an organism
    ("alerts list", READS),
    ("alerts acknowledge abcd", CHANGES),
    ("alerts silence abcd", CHANGES),
    ("access list", READS),
    ("access env", READS),
    ("access grant nobody --role reader", CHANGES),
    ("access revoke nobody", CHANGES),
    ("audit", READS),
    ("audit verify", READS),
    ("audit export", READS),
    ("checks", READS),
    ("checks run total", CHANGES),
    ("completion bash", READS),
    ("deploy roles", READS),
    ("deploy roles --apply", CHANGES),
    ("graphs", READS),
    ("metrics", READS),
    ("pulse", CHANGES),
    ("stats", READS),
    ("watch", CHANGES),
    ("study", READS),
    ("study run {file} --study {file}", READS),
    ("study check {file}", READS),
    ("study show {file}", READS),
    ("study diff {file}", READS),
    ("study approve {file}", CHANGES),
)
GRAPH = """
from causal_organism import asset, source

@source(key="raw/rows")
def rows():
    return [3, 4]

@asset(reads={"rows": "raw/rows"})
def total(rows):
    return {"ana": sum(rows)}

ASSETS = (rows, total)
"""


@pytest.fixture
def words(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "file.csv"
    file.write_text("id,team\nana,north\n")
    return {"file": str(file), "folder": str(tmp_path / "generated")}


@pytest.fixture
def nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that is not there yet, and an asset graph."""
    name = f"graph_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(GRAPH)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("ORGANISM_ASSETS", f"{name}:ASSETS")
    monkeypatch.setenv("ORGANISM_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def living(servers: Settings, fresh_dsn: str, nothing_runs: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with a ledger of its own, in which one asset was made twice."""
    name = nothing_runs.parent.name
    for variable, value in (
        ("ORGANISM_POSTGRES_DSN", fresh_dsn),
        ("ORGANISM_REDIS_URL", servers.redis_url),
        ("ORGANISM_NEO4J_URI", servers.neo4j_uri),
        ("ORGANISM_NEO4J_USER", servers.neo4j_user),
        ("ORGANISM_NEO4J_PASSWORD", servers.neo4j_password),
        ("PREFECT_API_URL", servers.prefect_api_url),
        ("PREFECT_API_AUTH_STRING", servers.prefect_auth),
        ("ORGANISM_STREAM", f"test:{name}"),
        ("ORGANISM_DEAD_LETTERS", f"test:{name}:dead"),
    ):
        monkeypatch.setenv(variable, str(value))
    nothing_runs.mkdir(mode=0o700)
    assert main(["refresh", "total", "--local"]) == 0
    yield nothing_runs


def commands(group: click.Group, context: click.Context) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from (f"{name} {below}" for below in commands(command, context))
        yield name


def test_every_command_is_in_the_table() -> None:
    root = LazyGroup("organism")
    known = {word for line, _ in LINES for word in (line.split()[0], " ".join(line.split()[:2]))}
    with click.Context(root) as context:
        assert set(commands(root, context)) - known == set()
    assert {line.split()[0] for line, _ in LINES} == set(COMMANDS)


@pytest.mark.parametrize("line", [line for line, kind in LINES if kind == CHANGES])
def test_what_changes_something_is_refused_before_anything_else(
    line: str,
    words: dict[str, str],
    nothing_runs: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No server runs: whatever asked one, or a file, before it refuses would end with another code."""
    monkeypatch.setenv("ORGANISM_READ_ONLY", "1")

    code = main([*line.format(**words).split(), "--json"])

    assert (code, json.loads(capsys.readouterr().out)["error"]["code"]) == (4, "read-only")
    assert not nothing_runs.exists()


def test_nothing_changes_whatever_a_read_only_console_asks(
    words: dict[str, str], living: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ORGANISM_READ_ONLY", "1")
    before = state(living)
    for line, kind in LINES:
        code = main(line.format(**words).split())
        assert (code == 4) == (kind == CHANGES), line
        assert state(living) == before, line
    capsys.readouterr()


def state(home: Path) -> dict[str, Any]:
    """What stands in the home, the stream and every table of the ledger."""
    with open_organism(load_settings()) as o, o.database.connection() as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'organism'").fetchall()
        whole = sql.SQL("SELECT t::text FROM organism.{} t")
        tables = {name: connection.execute(whole.format(sql.Identifier(name))).fetchall() for (name,) in names}
        stream = o.stream.state()
    files = {str(path.relative_to(home)): _content(path) for path in home.rglob("*")}
    return {"tables": tables, "stream": stream, "files": files}


def _content(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
