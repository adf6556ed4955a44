"""What an organism answers in Python: the commands' documents, shown as tables in notebooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from causal_organism.assets.contents import AtBatch
from causal_organism.errors import NeedsExtraError, install_hint
from causal_organism.wording.safe_text import safe_text

if TYPE_CHECKING:
    from causal_organism.network.snapshot import Snapshot
    from causal_organism.ports import Organism

_MOST_ROWS = 200
_LONGEST = 300


_ROWS = {"organism.diff/1": "changed", "organism.run/1": "steps"}
"""Schemas whose rows are not their first list of records."""


class Document(dict[str, Any]):
    """A command's document (docs/documents.md): a dict. A notebook shows its lists as tables.

    `rows` is the list that it is about.
    """

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Of `diff` what changed, of `run` its steps, else the first list of records; empty without one."""
        named = _ROWS.get(str(self.get("schema")))
        if named is not None:
            return list(self[named])
        for value in self.values():
            if isinstance(value, list) and all(isinstance(each, Mapping) for each in value):
                return value
        return []

    def _repr_html_(self) -> str:
        facts = [(name, value) for name, value in self.items() if not isinstance(value, (list, Mapping))]
        lists = {name: value for name, value in self.items() if isinstance(value, list) and value}
        tables = {name: value for name, value in lists.items() if all(isinstance(each, Mapping) for each in value)}
        facts += [(name, ", ".join(map(str, value))) for name, value in lists.items() if name not in tables]
        head = ", ".join(f"{_html(name)}: {_html(value)}" for name, value in facts)
        shown = [
            (f"<p>{_html(name)}</p>" if len(tables) > 1 else "") + _html_table(each) for name, each in tables.items()
        ]
        return f"<p>{head}</p>{''.join(shown)}"


class Answers:
    """The questions of the command `organism`, on any organism. Selections are those of the command line."""

    def assets(self: Organism, selection: str = "*") -> Document:
        """organism.assets/1: status, version, causes of each asset, from the last look at the sources."""
        from causal_organism.engine.history.listing import assets_document

        return Document(assets_document(self, selection, allow_empty=True))

    def why(self: Organism, key: str, *, partition: str | None = None, person: str | None = None) -> Document:
        """organism.why/1: why it is out of date, to the root; with `person`, what moved that entity's numbers."""
        if person is None:
            from causal_organism.engine.history.why import why_document

            return Document(why_document(self, key, partition))
        from causal_organism.organism.blame.tree import blame

        return Document(blame(self, key, person, partition=partition))

    def versions(
        self: Organism, key: str, *, partition: str | None = None, limit: int | None = 100, rejected: bool = False
    ) -> Document:
        """organism.versions/1: the newest first; with `rejected`, what blocking checks rejected."""
        from causal_organism.engine.history.listing import versions_document

        return Document(versions_document(self, key, partition, limit=limit, rejected=rejected))

    def diff(self: Organism, was: str, now: str | None = None, *, partition: str | None = None) -> Document:
        """organism.diff/1 of `KEY@A` and `KEY@B`; `KEY@A`: against the head; `KEY`: its head with the one before."""
        from causal_organism.engine.history.listing import diff_document

        return Document(diff_document(self, was, now, partition))

    def partitions(self: Organism, key: str, *, status: str | None = None) -> Document:
        """organism.partitions/1: every partition with its status, version and causes, or those of one status."""
        from causal_organism.engine.history.listing import partitions_document

        return Document(partitions_document(self, key, status))

    def checks(self: Organism, selection: str = "*", *, run: bool = False) -> Document:
        """organism.checks/1: what checks said last of each head (`outcome`, `checks`); with `run`, they are run now."""
        from causal_organism.engine.history.check_heads import check_heads, known_checks
        from causal_organism.engine.requests import Origin

        if run:
            return Document(check_heads(self, selection, Origin(self.settings.actor), allow_empty=True))
        return Document(known_checks(self, selection))

    def runs(self: Organism, *, limit: int = 30) -> Document:
        """organism.runs/1: Prefect's runs and those of this ledger, the newest first."""
        from causal_organism.platform.run_listing import load_runs

        return Document(load_runs(self, limit=limit))

    def run(self: Organism, run: str) -> Document:
        """organism.run/1: one run with its steps and tasks; any part of its id, from 4 characters."""
        from causal_organism.platform.runs import load_run

        return Document(load_run(self, run))

    def retry(self: Organism, run: str) -> Document:
        """Run a failed run of a deployment again under its id. Raises RefusedError with the reason."""
        from causal_organism.platform.runs import retry_run

        return Document(retry_run(self, run, actor=self.settings.actor))

    def read(self: Organism, text: str, *, partition: str | None = None) -> Any:
        """The value of `KEY` or `KEY@N`, exactly as an asset reads it; of `network` its ties, as a DataFrame.

        `KEY@rejected` is the newest value that a blocking check rejected.
        Of an asset with partitions, `KEY[day=2026-01-01]` or `partition="day=2026-01-01"` says which.
        """
        from causal_organism.engine.contents import load_given, load_rows
        from causal_organism.engine.history.version_names import find_kept

        version = find_kept(self, text, partition)
        try:
            found = load_rows(self, version) if isinstance(version.content, AtBatch) else None
            if found is None:
                return load_given(self, version)
            import pandas as pd  # only who reads tables in Python pays for it
        except ModuleNotFoundError as error:
            if error.name != "pandas":
                raise
            raise NeedsExtraError(f"{text} is a table, read as a DataFrame", hint=install_hint("analysis")) from None
        columns, rows = found
        return pd.DataFrame(rows, columns=columns).set_index("id")

    def snapshot(self: Organism) -> Snapshot:
        """The network as it was last looked at; networkx takes it as a directed graph, without a conversion."""
        from causal_organism.engine.contents import load_value
        from causal_organism.engine.history.version_names import find_version

        found: Snapshot = load_value(self, find_version(self, "network"))
        return found

    def plan(
        self: Organism,
        selection: str,
        *,
        partition: str | None = None,
        config: Mapping[str, Any] | None = None,
        force: bool = False,
        full: bool = False,
    ) -> Document:
        """organism.plan/1 of a selection, or of some of its partitions: `day=2026-01-01..2026-01-31`.

        `config` sets parameters that have a default: `{"limit": 10}`, or by key, `{"scores/top.limit": 10}`.
        """
        from causal_organism.engine.plan import make_plan, plan_document
        from causal_organism.engine.requests import Origin, Request

        request = Request(selection, partition, force=force, full=full, config=config or {})
        return Document(plan_document(make_plan(self, request, Origin(self.settings.actor))))

    def refresh(
        self: Organism,
        selection: str,
        *,
        partition: str | None = None,
        config: Mapping[str, Any] | None = None,
        force: bool = False,
        full: bool = False,
    ) -> Document:
        """Make what is out of date, in this process; organism.refresh/1. `config`: as for `plan`."""
        from causal_organism.engine.requests import Origin, Request
        from causal_organism.engine.runs.refresh import refresh_local

        request = Request(selection, partition, force=force, full=full, config=config or {})
        return Document(refresh_local(self, request, Origin(self.settings.actor)))


def _html(value: object) -> str:
    return escape(safe_text(str(value), limit=_LONGEST))


def _html_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """At most so many rows; only columns that hold something somewhere."""
    if not rows:
        return ""
    names = list(dict.fromkeys(name for row in rows for name in row))
    shown = [name for name in names if any(row.get(name) not in (None, [], {}, "") for row in rows)]
    head = "".join(f"<th>{_html(name)}</th>" for name in shown)
    lines = [
        "<tr>" + "".join(f"<td>{_html(_plain(row.get(name)))}</td>" for name in shown) + "</tr>"
        for row in rows[:_MOST_ROWS]
    ]
    left = f"<p>and {len(rows) - _MOST_ROWS} more</p>" if len(rows) > _MOST_ROWS else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>{left}"


def _plain(value: object) -> object:
    return "" if value is None else value
