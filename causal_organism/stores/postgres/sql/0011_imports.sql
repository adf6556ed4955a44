-- Tables that people handed in. The newest of a name is the current one; the others say what was current when.
CREATE TABLE organism.import (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text        NOT NULL CHECK (name IN ('people', 'outcomes')),
    fingerprint text        NOT NULL,
    value       jsonb       NOT NULL,            -- where the content is
    at          timestamptz NOT NULL
);
CREATE INDEX import_current ON organism.import (name, id DESC);
