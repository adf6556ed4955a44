-- Values that a blocking check rejected: never a version, kept for inspection until retention removes their content.

CREATE TABLE organism.rejected (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key          text        NOT NULL,
    partition    text        NOT NULL DEFAULT '',
    fingerprint  text        NOT NULL,
    at           timestamptz NOT NULL,
    run          text,
    actor        text        NOT NULL,
    trigger      text        NOT NULL,
    code_version text        NOT NULL,
    inputs       jsonb       NOT NULL,
    value        jsonb       NOT NULL,            -- where the content is
    metadata     jsonb       NOT NULL DEFAULT '{}',
    checks       jsonb       NOT NULL DEFAULT '[]',
    kept         boolean     NOT NULL DEFAULT true
);
CREATE INDEX rejected_newest ON organism.rejected (key, partition, id DESC);
CREATE INDEX rejected_kept ON organism.rejected (key, partition, id DESC) WHERE kept;

INSERT INTO organism.rejected (key, partition, fingerprint, at, run, actor, trigger, code_version, inputs, value, checks)
SELECT a.key, a.partition, a.rejected->>'fingerprint', a.at, a.run, coalesce(r.actor, '?'), coalesce(r.trigger, '?'),
    a.code_version, a.inputs, a.rejected->'value', coalesce(a.rejected->'checks', '[]')
FROM organism.attempt a LEFT JOIN organism.run r ON r.id = a.run
WHERE a.rejected IS NOT NULL ORDER BY a.at;
ALTER TABLE organism.attempt DROP COLUMN rejected;
