"""What follows the archive and the heads: the network in Neo4j, scores, readings."""
