// Scores of published views on the people of the network, in the subset that Neo4j 5 and ArcadeDB both accept.
// A `Scores` node per view says which version they are of, and which one is being written (0: none).

// name: constraint_scores
CREATE CONSTRAINT scores_key IF NOT EXISTS FOR (s:Scores) REQUIRE s.key IS UNIQUE

// name: read_scores
MATCH (s:Scores) RETURN s.key AS key, s.version AS version, s.fingerprint AS fingerprint, s.writing AS writing,
    s.properties AS properties

// name: create_scores
UNWIND $keys AS key MERGE (s:Scores {key: key})
ON CREATE SET s.version = 0, s.fingerprint = '', s.writing = 0, s.lock = '', s.properties = ''

// name: lock_scores
// Writing a property takes the node's write lock (Neo4j) or makes a later commit of another writer fail (ArcadeDB).
UNWIND $keys AS key MATCH (s:Scores {key: key}) SET s.lock = $token
RETURN s.key AS key, s.version AS version, s.fingerprint AS fingerprint, s.writing AS writing, s.properties AS properties

// name: mark_scores
MATCH (s:Scores {key: $key}) SET s.writing = $version, s.properties = $properties

// name: put_scores
// Maps: all properties of a person in one SET; null removes one. Names and values are parameters, never Cypher.
UNWIND $rows AS row MATCH (p:Person {id: row[0]}) SET p += row[1]

// name: move_scores
// Rows: key, version, fingerprint, properties.
UNWIND $rows AS row MATCH (s:Scores {key: row[0]})
SET s.version = row[1], s.fingerprint = row[2], s.writing = 0, s.properties = row[3]

// name: clear_scores
MATCH (s:Scores) DELETE s
