-- What automation decided last, per asset.

CREATE TABLE organism.automation (
    key           text        PRIMARY KEY,
    at            timestamptz NOT NULL,
    run           text,                          -- the pulse
    condition     text        NOT NULL,
    chosen        boolean     NOT NULL,
    held          boolean     NOT NULL,          -- it has to wait, and is considered again
    because       text        NOT NULL,
    considered_at timestamptz,                   -- of the last evaluation that was not held
    last_chosen   jsonb                          -- the last evaluation that chose it: at, run, condition, because
);
