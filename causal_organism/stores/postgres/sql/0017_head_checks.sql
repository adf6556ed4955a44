-- What checks said of a head after it was published; null: nothing since.
ALTER TABLE organism.head ADD COLUMN checks jsonb, ADD COLUMN checked_at timestamptz, ADD COLUMN checked_by text;

-- When each source was last looked at, whatever was seen.
CREATE TABLE organism.look (
    key text        PRIMARY KEY,
    at  timestamptz NOT NULL
);
