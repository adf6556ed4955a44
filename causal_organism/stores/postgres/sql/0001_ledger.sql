-- The ledger: what was made, when, from what, by whom.

CREATE TABLE organism.version (
    key          text        NOT NULL,
    partition    text        NOT NULL DEFAULT '',
    number       integer     NOT NULL,
    fingerprint  text        NOT NULL,
    made_at      timestamptz NOT NULL,
    run          text,
    actor        text        NOT NULL,
    trigger      text        NOT NULL,
    code_version text        NOT NULL,
    inputs       jsonb       NOT NULL,            -- {key: {"version": n, "fingerprint": "…"} | null}
    value        jsonb       NOT NULL,            -- where the content is
    metadata     jsonb       NOT NULL DEFAULT '{}',
    checks       jsonb       NOT NULL DEFAULT '[]',
    kept         boolean     NOT NULL DEFAULT true,
    PRIMARY KEY (key, partition, number)
);

-- What readers see. `code_version` and `inputs` are those of the latest make that gave this content.
CREATE TABLE organism.head (
    key          text        NOT NULL,
    partition    text        NOT NULL DEFAULT '',
    number       integer     NOT NULL,
    code_version text        NOT NULL,
    inputs       jsonb       NOT NULL,
    confirmed_at timestamptz NOT NULL,
    confirmed_by text,                            -- the run
    pinned       boolean     NOT NULL DEFAULT false,
    PRIMARY KEY (key, partition),
    FOREIGN KEY (key, partition, number) REFERENCES organism.version
);

-- The last try since the head was made, where it failed or was rejected.
CREATE TABLE organism.attempt (
    key          text        NOT NULL,
    partition    text        NOT NULL DEFAULT '',
    outcome      text        NOT NULL CHECK (outcome IN ('failed', 'rejected')),
    at           timestamptz NOT NULL,
    run          text,
    code_version text        NOT NULL,
    inputs       jsonb       NOT NULL,
    error        text,
    rejected     jsonb,                           -- the rejected value: fingerprint, place, checks
    PRIMARY KEY (key, partition)
);

CREATE TABLE organism.run (
    id         text        PRIMARY KEY,
    flow       text        NOT NULL,
    deployment text,
    selection  text,
    trigger    text        NOT NULL,
    actor      text        NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at   timestamptz,
    outcome    text,
    error      text,
    tries      integer     NOT NULL DEFAULT 1,
    document   jsonb                               -- what the run answered (organism.refresh/1)
);
CREATE INDEX run_started ON organism.run (started_at DESC);

CREATE TABLE organism.step (
    run       text        NOT NULL,
    key       text        NOT NULL,
    partition text        NOT NULL DEFAULT '',
    position  bigint      GENERATED ALWAYS AS IDENTITY,
    outcome   text        NOT NULL,
    version   integer,
    causes    jsonb       NOT NULL DEFAULT '[]',
    seconds   double precision,
    error     text,
    at        timestamptz NOT NULL,
    PRIMARY KEY (run, key, partition)
);
CREATE INDEX step_recent ON organism.step (key, at DESC);

-- One row per asset that was ever leased; the token only grows.
CREATE TABLE organism.lease (
    key        text        NOT NULL,
    partition  text        NOT NULL DEFAULT '',
    token      bigint      NOT NULL DEFAULT 0,
    holder     text,
    expires_at timestamptz,
    PRIMARY KEY (key, partition)
);

CREATE TABLE organism.small_value (
    fingerprint text        PRIMARY KEY,
    body        bytea       NOT NULL,
    written_at  timestamptz NOT NULL DEFAULT now()  -- content is swept only when it is not young
);

CREATE TABLE organism.fact (
    name  text  PRIMARY KEY,
    value jsonb NOT NULL
);

CREATE TABLE organism.audit (
    id      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL,
    actor   text        NOT NULL,
    action  text        NOT NULL,
    subject text        NOT NULL,
    detail  jsonb       NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_at ON organism.audit (at);

CREATE FUNCTION organism.refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;

CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON organism.audit
    FOR EACH ROW EXECUTE FUNCTION organism.refuse_change();
CREATE TRIGGER audit_not_truncated BEFORE TRUNCATE ON organism.audit
    FOR EACH STATEMENT EXECUTE FUNCTION organism.refuse_change();
