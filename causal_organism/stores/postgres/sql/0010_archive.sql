-- The archive: the truth of what was taken in from the stream. The network in Neo4j is made from it.

-- How far the stream was read, and what the network is after the last batch. Whoever accepts locks this row.
CREATE TABLE organism.stream_position (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    entry       text    NOT NULL,                -- id of the last stream entry that was accepted or refused
    entries     bigint  NOT NULL,                -- entries of the stream up to there
    read_to     text    NOT NULL,                -- greatest entry ever accepted; above `entry` after a stream was replaced
    forgotten   text    NOT NULL,                -- entries up to here may no longer be in organism.interaction
    batch       bigint  NOT NULL,                -- number of the last batch
    fingerprint text    NOT NULL,                -- of the network after it
    people      integer NOT NULL,                -- also the next idx
    ties        bigint  NOT NULL,
    interactions bigint NOT NULL,
    first_us    bigint,                          -- of the interactions; null before the first
    last_us     bigint
);
INSERT INTO organism.stream_position VALUES (true, '0-0', 0, '0-0', '0-0', 0, repeat('0', 64), 0, 0, 0);

CREATE TABLE organism.person (
    idx integer PRIMARY KEY,                     -- dense, in order of first appearance; never given twice
    id  text COLLATE "C" NOT NULL UNIQUE
);

-- Kinds are texts of up to 16 KiB, too long for an index.
CREATE TABLE organism.kind (
    id   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash uuid    NOT NULL UNIQUE,
    name text    NOT NULL
);

CREATE TABLE organism.interaction (
    entry       text COLLATE "C" NOT NULL,       -- id of the stream entry
    accepted_at timestamptz NOT NULL,
    at_us       bigint      NOT NULL,
    source      integer     NOT NULL,
    target      integer     NOT NULL,
    kind        integer     NOT NULL,
    weight_u    bigint      NOT NULL CHECK (weight_u > 0),
    duration_s  double precision,
    sender_id   text,
    PRIMARY KEY (entry, accepted_at)             -- a hypertable's keys must hold its time column
);
CREATE INDEX interaction_source ON organism.interaction (source, at_us DESC);
CREATE INDEX interaction_target ON organism.interaction (target, at_us DESC);

-- Senders' ids, as hashes of 128 bits; kept for ever, because an id is applied once for ever.
CREATE TABLE organism.sender_id (
    hash uuid PRIMARY KEY
);

CREATE TABLE organism.tie (
    source   integer NOT NULL,
    target   integer NOT NULL,
    weight_u bigint  NOT NULL,
    count    bigint  NOT NULL,
    first_us bigint  NOT NULL,
    last_us  bigint  NOT NULL,
    PRIMARY KEY (source, target)
) WITH (fillfactor = 80);

CREATE TABLE organism.tie_week (
    week        date    NOT NULL,                -- Monday of the ISO week, UTC
    kind        integer NOT NULL,
    source      integer NOT NULL,
    target      integer NOT NULL,
    weight_u    bigint  NOT NULL,
    count       bigint  NOT NULL,
    duration_us numeric NOT NULL,                -- exact, and a duration may be any finite number
    PRIMARY KEY (week, source, target, kind)
) WITH (fillfactor = 80);

CREATE TABLE organism.refusal (
    entry   text COLLATE "C" PRIMARY KEY,
    reason  text        NOT NULL,
    fields  jsonb       NOT NULL,
    at      timestamptz NOT NULL,
    written boolean     NOT NULL DEFAULT false,  -- known to stand in the dead-letter stream
    dropped boolean     NOT NULL DEFAULT false   -- somebody retried or dropped it: it is not written again
);
CREATE INDEX refusal_unwritten ON organism.refusal (entry) WHERE NOT written;

CREATE TABLE organism.batch (
    number      bigint      PRIMARY KEY,
    kind        text        NOT NULL CHECK (kind IN ('stream', 'people')),
    entry       text        NOT NULL,            -- the stream position after it
    delta       bytea       NOT NULL,
    fingerprint text        NOT NULL,            -- of the whole network after it
    people      integer     NOT NULL,            -- added
    ties        integer     NOT NULL,            -- touched
    accepted_at timestamptz NOT NULL
);

CREATE TABLE organism.gap (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    detected_at timestamptz NOT NULL,
    after_entry  text       NOT NULL,
    before_entry text       NOT NULL,
    missing     bigint                           -- unknown how many: null
);

-- Partitioned by the time of acceptance, since retention counts from there; interactions may be years old on arrival.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb') THEN
        BEGIN
            CREATE EXTENSION IF NOT EXISTS timescaledb;
            PERFORM create_hypertable('organism.interaction', 'accepted_at', chunk_time_interval => interval '7 days');
        EXCEPTION WHEN OTHERS THEN
            RAISE NOTICE 'organism.interaction stays a plain table: %', SQLERRM;
        END;
    END IF;
END $$;
