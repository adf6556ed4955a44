"""Prefect: thin shells around the engine and the organism; the only importer of prefect."""

from __future__ import annotations

from causal_organism.documents.refreshes import RefreshDocument


async def run_flow_once(pipeline: str, *, actor: str | None = None) -> RefreshDocument:
    """Run `"incremental"` or `"full"` once in this process; the document of `refresh`, as in `organism.refresh/1`.

    Needs a Prefect server, but no deployment and no worker. A step that was not made is in the document and is tried
    again only as its own retry class says.

    Raises:
        RequestError: there is no such pipeline.
        OrganismError: it could not run.
    """
    from causal_organism.flows.once import run_once  # Prefect: 1.4 s, and its address must be set first

    return await run_once(pipeline, actor=actor)


__all__ = ["run_flow_once"]
