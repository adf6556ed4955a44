// Neo4j Enterprise: who reads the network, and who writes it. Run it in the database `system`; passwords are yours.
// Neo4j Community has users and no roles: every user may do everything. There, --read-only is kept by the access mode
// of the session alone. ArcadeDB has groups, in config/server-groups.json; the embedded home writes one that only reads,
// and one for its worker and operators that changes people, ties and their schema.

CREATE ROLE organism_reader IF NOT EXISTS;
GRANT ACCESS ON DATABASE neo4j TO organism_reader;
GRANT MATCH {*} ON GRAPH neo4j TO organism_reader;

CREATE ROLE organism_worker IF NOT EXISTS;
GRANT ACCESS ON DATABASE neo4j TO organism_worker;
GRANT MATCH {*} ON GRAPH neo4j TO organism_worker;
GRANT WRITE ON GRAPH neo4j TO organism_worker;
GRANT CONSTRAINT MANAGEMENT ON DATABASE neo4j TO organism_worker;
GRANT INDEX MANAGEMENT ON DATABASE neo4j TO organism_worker;
GRANT NAME MANAGEMENT ON DATABASE neo4j TO organism_worker;

CREATE USER organism_reader IF NOT EXISTS SET PASSWORD 'PASSWORD' CHANGE NOT REQUIRED;
GRANT ROLE organism_reader TO organism_reader;
CREATE USER organism_worker IF NOT EXISTS SET PASSWORD 'PASSWORD' CHANGE NOT REQUIRED;
GRANT ROLE organism_worker TO organism_worker;
