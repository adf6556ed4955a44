-- What each tie says by kind. `kind` where it has one, whose sums are the tie's own; else `kinds`, in rows of five one
-- behind the other: kind, weight_u, count, first_us, last_us.
ALTER TABLE organism.tie ADD COLUMN kind integer, ADD COLUMN kinds bigint[];

-- Ties of before, from single interactions where all that count are kept; else from the weeks, and times are then as
-- fine as what is left.
WITH state AS (
    SELECT window_from_us, window_from_us IS NULL AND forgotten_to_us IS NOT NULL AS from_weeks
    FROM organism.stream_position
), single AS (
    SELECT source, target, kind, sum(weight_u)::bigint AS weight_u, count(*) AS count, min(at_us) AS first_us,
        max(at_us) AS last_us
    FROM organism.interaction, state WHERE window_from_us IS NULL OR at_us >= window_from_us
    GROUP BY source, target, kind
), weekly AS (
    SELECT source, target, kind, sum(weight_u)::bigint AS weight_u, sum(count)::bigint AS count,
        min(extract(epoch FROM week)::bigint * 1000000) AS first_us,
        max(extract(epoch FROM week)::bigint * 1000000) AS last_us
    FROM organism.tie_week GROUP BY source, target, kind
), known AS (
    SELECT single.* FROM single, state WHERE NOT from_weeks
    UNION ALL
    SELECT source, target, weekly.kind, weekly.weight_u, weekly.count,
        greatest(tie.first_us, least(weekly.first_us, single.first_us)),
        least(tie.last_us, greatest(weekly.last_us, single.last_us, tie.first_us))
    FROM weekly LEFT JOIN single USING (source, target, kind) JOIN organism.tie tie USING (source, target), state
    WHERE from_weeks
), tied AS (
    SELECT source, target, count(*) AS kinds, min(kind) AS kind,
        string_agg(concat_ws(',', kind, weight_u, count, first_us, last_us), ',' ORDER BY kind) AS listed
    FROM known GROUP BY source, target
)
UPDATE organism.tie SET kind = CASE WHEN tied.kinds = 1 THEN tied.kind END,
    kinds = CASE WHEN tied.kinds > 1 THEN ('{' || tied.listed || '}')::bigint[] END
FROM tied WHERE tied.source = tie.source AND tied.target = tie.target;

ALTER TABLE organism.tie ADD CONSTRAINT tie_kinds CHECK (num_nonnulls(kind, kinds) = 1);
