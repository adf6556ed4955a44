-- Readings: results over time, for dashboards and questions in SQL. The ledger is the truth; these are copies of it.

CREATE TABLE organism.effect_reading (
    at        timestamptz NOT NULL,              -- when the version was made
    version   integer     NOT NULL,              -- of causal/effects
    person    text        NOT NULL,
    outcome   text        NOT NULL,
    treatment text        NOT NULL,
    effect    double precision,                  -- of one more unit of treatment; null: refused
    effect_sd double precision,
    ci_lo     double precision,
    ci_hi     double precision,
    verdict   text,
    grade     text,
    detail    jsonb       NOT NULL DEFAULT '{}', -- everything else that the version says of the person
    PRIMARY KEY (person, outcome, treatment, version, at)
);
CREATE INDEX effect_reading_at ON organism.effect_reading (at DESC);

CREATE TABLE organism.view_reading (
    at      timestamptz NOT NULL,
    version integer     NOT NULL,
    key     text        NOT NULL,                -- of the asset: views/degree
    entity  text        NOT NULL,                -- a person or a team
    metric  text        NOT NULL,                -- the column: in, out, neighbours
    value   double precision,
    PRIMARY KEY (key, metric, entity, version, at)
);
CREATE INDEX view_reading_at ON organism.view_reading (at DESC);
