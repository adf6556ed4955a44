"""The network in Neo4j, or another server that speaks Bolt."""
