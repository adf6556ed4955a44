"""What the console asks for and may do, over one organism. Implements the console's source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from causal_organism.engine.history.listing import assets_document, versions_document
from causal_organism.engine.plan import make_plan, plan_document, select_keys
from causal_organism.engine.snapshot import load_cut
from causal_organism.organism.decisions import proposals as proposal_operations
from causal_organism.platform import queues as queue_operations
from causal_organism.platform import runs as run_operations
from causal_organism.platform.trigger import plan_for_workers, trigger_refresh
from causal_organism.ports import Organism

Document = Mapping[str, Any]
VERSIONS_SHOWN = 50


class Console:
    """One organism as the console sees it. `close` and `status` come from whoever opened it."""

    def __init__(self, organism: Organism, *, status: Callable[[], Document], close: Callable[[], None]):
        self._organism = organism
        self._status = status
        self._close = close

    def unsupported(self) -> Mapping[str, str]:
        """Actions that this source cannot do, with the reason."""
        return {}

    def status(self) -> Document:
        return self._status()

    def assets(self) -> Document:
        return assets_document(self._organism)

    def select(self, expression: str) -> tuple[str, ...]:
        return select_keys(self._organism, expression, load_cut(self._organism), allow_empty=True)

    def versions(self, key: str) -> Document:
        document = versions_document(self._organism, key)
        return {**document, "versions": document["versions"][:VERSIONS_SHOWN]}

    def plan(self, selection: str, *, force: bool = False, full: bool = False) -> Document:
        planned = make_plan(self._organism, selection, force=force, full=full, actor=self._actor, trigger="console")
        return plan_document(planned)

    def runs(self, *, limit: int = 100) -> Document:
        return run_operations.load_runs(self._organism, limit=limit)

    def run(self, run: str) -> Document:
        return run_operations.load_run(self._organism, run)

    def logs(self, run: str, *, after: str | None = None, limit: int = 500) -> Document:
        moment, _, seen = (after or "").partition(" ")
        lines = run_operations.load_logs(self._organism, run, after=moment or None, limit=limit)
        skipped = int(seen or 0)  # lines of the cursor's own moment come again
        new = [line for at, line in enumerate(lines) if not moment or at >= skipped or line["timestamp"] != moment]
        if not new:
            return {"lines": [], "cursor": after}
        last = str(new[-1]["timestamp"])
        at_last = sum(line["timestamp"] == last for line in lines)
        return {"lines": new, "cursor": f"{last} {at_last}"}

    def queues(self) -> Document:
        return queue_operations.load_queues(self._organism)

    def proposals(self) -> Sequence[Document]:
        return tuple(_shown(each) for each in proposal_operations.load_proposals(self._organism))

    def trigger(self, selection: str, *, force: bool = False, full: bool = False) -> str:
        plan_for_workers(self._organism, selection, force=force, full=full, actor=self._actor, trigger="console")
        return trigger_refresh(self._organism, selection, force=force, full=full, actor=self._actor, trigger="console")

    def retry(self, run: str) -> str:
        return str(run_operations.retry_run(self._writable, run, actor=self._actor)["id"])

    def cancel(self, run: str) -> None:
        run_operations.cancel_run(self._writable, run, actor=self._actor)

    def decide(self, proposal: str, action: str, reason: str | None = None) -> None:
        proposal_operations.act_on(self._writable, proposal, action, actor=self._actor, reason=reason)

    def pause_queue(self, pool: str, name: str) -> None:
        queue_operations.pause_queue(self._writable, name, paused=True, actor=self._actor)

    def resume_queue(self, pool: str, name: str) -> None:
        queue_operations.pause_queue(self._writable, name, paused=False, actor=self._actor)

    def limit_queue(self, pool: str, name: str, limit: int | None) -> None:
        queue_operations.limit_queue(self._writable, name, limit, actor=self._actor)

    def close(self) -> None:
        self._close()

    @property
    def _actor(self) -> str:
        return self._organism.settings.actor

    @property
    def _writable(self) -> Organism:
        self._organism.settings.refuse_changes()
        return self._organism


def _shown(proposal: Document) -> Document:
    expected = proposal["expected"]
    return {
        **proposal,
        "expected_change": f"{expected['mean']:+.2f} {expected['unit']} {expected['outcome']}",
        "interval": [expected["lo"], expected["hi"]],
    }
