// Every statement about the network, in the subset that Neo4j 5 and ArcadeDB both accept. Amounts and times are integers.

// name: constraint_idx
CREATE CONSTRAINT person_idx IF NOT EXISTS FOR (p:Person) REQUIRE p.idx IS UNIQUE

// name: constraint_id
CREATE CONSTRAINT person_id IF NOT EXISTS FOR (p:Person) REQUIRE p.id IS UNIQUE

// name: constraint_position
CREATE CONSTRAINT position_name IF NOT EXISTS FOR (p:Position) REQUIRE p.name IS UNIQUE

// name: create_position
MERGE (p:Position {name: 'network'})
ON CREATE SET p.batch = 0, p.entry = '0-0', p.fingerprint = $fingerprint, p.format = $format, p.lock = ''

// name: read_position
MATCH (p:Position {name: 'network'}) RETURN p.batch AS batch, p.entry AS entry, p.fingerprint AS fingerprint, coalesce(p.format, 1) AS format

// name: lock_position
// Writing a property takes the node's write lock (Neo4j) or makes a later commit of another writer fail (ArcadeDB).
MATCH (p:Position {name: 'network'}) SET p.lock = $token RETURN count(p) AS locked

// name: move_position
MATCH (p:Position {name: 'network'}) SET p.batch = $batch, p.entry = $entry, p.fingerprint = $fingerprint, p.format = $format

// name: put_people
UNWIND $rows AS row MERGE (p:Person {idx: row[0]}) SET p.id = row[1]

// Ties come by source, [source, [[target, …], …]]: each person is looked up once, and both ends before what is between.
// `kinds` are in order; what each adds up to stands at its place in kind_w, kind_n, kind_first and kind_last, where there
// are several: that of one kind is the tie's own.

// name: create_ties
// A third of the cost of MERGE. That none is there already follows from the position, which is locked.
UNWIND $rows AS row
MATCH (a:Person {id: row[0]})
UNWIND row[1] AS tie
MATCH (b:Person {id: tie[0]})
CREATE (a)-[:INTERACTS {w: tie[1], n: tie[2], first: tie[3], last: tie[4], kinds: tie[5],
                          kind_w: tie[6], kind_n: tie[7], kind_first: tie[8], kind_last: tie[9]}]->(b)
RETURN count(*) AS written

// name: change_ties
UNWIND $rows AS row
MATCH (a:Person {id: row[0]})
UNWIND row[1] AS tie
MATCH (b:Person {id: tie[0]})
MATCH (a)-[t:INTERACTS]->(b)
SET t.w = tie[1], t.n = tie[2], t.first = tie[3], t.last = tie[4], t.kinds = tie[5],
    t.kind_w = tie[6], t.kind_n = tie[7], t.kind_first = tie[8], t.kind_last = tie[9]
RETURN count(*) AS written

// name: remove_ties
UNWIND $rows AS row
MATCH (a:Person {id: row[0]})
UNWIND row[1] AS tie
MATCH (b:Person {id: tie[0]})
MATCH (a)-[t:INTERACTS]->(b)
DELETE t
RETURN count(*) AS written

// name: count_people
MATCH (p:Person) RETURN count(p) AS people

// name: count_ties
MATCH ()-[t:INTERACTS]->() RETURN count(t) AS ties

// name: page_people
MATCH (p:Person) WHERE p.idx >= $low AND p.idx < $high RETURN collect(p.idx) AS idx, collect(coalesce(p.id, '')) AS id

// name: page_ties
// A list leaves out what is null: amounts that somebody removed are read as 0, so that the columns stay side by side.
MATCH (a:Person)-[t:INTERACTS]->(b:Person) WHERE a.idx >= $low AND a.idx < $high
RETURN collect(a.idx) AS source, collect(b.idx) AS target, collect(coalesce(t.w, 0)) AS weight_u,
       collect(coalesce(t.n, 0)) AS count,
       collect(coalesce(t.first, 0)) AS first_us, collect(coalesce(t.last, 0)) AS last_us

// name: page_kinds
// A row for each tie and kind. Whatever somebody else made of the lists, none comes out longer than another.
MATCH (a:Person)-[t:INTERACTS]->(b:Person) WHERE a.idx >= $low AND a.idx < $high AND t.kinds IS NOT NULL
UNWIND range(0, size(t.kinds) - 1) AS at
RETURN collect(a.idx) AS source, collect(b.idx) AS target, collect(t.kinds[at]) AS kind,
       collect(coalesce(t.kind_w[at], t.w, 0)) AS weight_u, collect(coalesce(t.kind_n[at], t.n, 0)) AS count,
       collect(coalesce(t.kind_first[at], t.first, 0)) AS first_us,
       collect(coalesce(t.kind_last[at], t.last, 0)) AS last_us

// name: clear_ties
MATCH ()-[t:INTERACTS]->() WITH t LIMIT 20000 DELETE t RETURN count(*) AS gone

// name: clear_people
MATCH (p:Person) WITH p LIMIT 20000 DELETE p RETURN count(*) AS gone
