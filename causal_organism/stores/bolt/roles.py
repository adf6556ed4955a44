"""What Neo4j has of roles, as statements for its own tool."""

from __future__ import annotations

from importlib import resources


def roles_cypher() -> str:
    return resources.files("causal_organism.stores.bolt").joinpath("cypher", "roles.cypher").read_text("utf-8")
