-- A window of event time: ties hold only interactions at or after `window_from_us`; null: all of them.
-- `forgotten_to_us`: the latest moment of a single interaction that is no longer kept; null: all are.

ALTER TABLE organism.stream_position ADD COLUMN window_from_us bigint;
ALTER TABLE organism.stream_position ADD COLUMN forgotten_to_us bigint;
ALTER TABLE organism.batch DROP CONSTRAINT batch_kind_check;
ALTER TABLE organism.batch ADD CONSTRAINT batch_kind_check CHECK (kind IN ('stream', 'people', 'window'));

-- Interactions arrive nearly in order of time: ranges of blocks tell enough, and cost nothing when writing.
CREATE INDEX interaction_at ON organism.interaction USING brin (at_us) WITH (pages_per_range = 16);
