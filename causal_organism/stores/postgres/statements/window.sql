-- Which ties differ once the window begins elsewhere.

-- name: leaving
WITH leaving AS (
    SELECT source, target, kind, sum(weight_u)::bigint AS weight_u, count(*) AS count
    FROM organism.interaction WHERE at_us >= %(low)s AND at_us < %(high)s GROUP BY source, target, kind
), by_tie AS (
    SELECT source, target, array_agg(ARRAY[kind, weight_u, count, coalesce(stays.first_us, 0)]) AS kinds
    FROM leaving LEFT JOIN LATERAL (
        SELECT min(at_us) AS first_us FROM organism.interaction each
        WHERE each.source = leaving.source AND each.target = leaving.target AND each.kind = leaving.kind
            AND each.at_us >= %(high)s
    ) stays ON true
    GROUP BY source, target
)
SELECT s.id, t.id, tie.weight_u, tie.count, tie.first_us, tie.last_us, tie.kind, tie.kinds, by_tie.kinds
FROM by_tie JOIN organism.tie tie USING (source, target)
    JOIN organism.person s ON s.idx = source JOIN organism.person t ON t.idx = target

-- name: compared
inside AS (
    SELECT source, target, sum(weight_u)::bigint AS weight_u, sum(count)::bigint AS count,
        array_agg(ARRAY[kind, weight_u, count, first_us, last_us]) AS kinds
    FROM by_kind GROUP BY source, target
)
SELECT s.id, t.id, tie.weight_u, tie.count, tie.first_us, tie.last_us, inside.kinds
FROM inside FULL JOIN organism.tie tie USING (source, target)
    JOIN organism.person s ON s.idx = source JOIN organism.person t ON t.idx = target
WHERE (tie.weight_u, tie.count) IS DISTINCT FROM (inside.weight_u, inside.count)

-- name: all
WITH by_kind AS (
    SELECT source, target, kind, sum(weight_u)::bigint AS weight_u, count(*) AS count, min(at_us) AS first_us,
        max(at_us) AS last_us
    FROM organism.interaction WHERE %(start)s::bigint IS NULL OR at_us >= %(start)s GROUP BY source, target, kind
), {compared}

-- name: all_from_weeks
-- First and last are as fine as what is left: days of single interactions, else the week's Monday.
WITH kept AS (
    SELECT source, target, kind, min(at_us) AS first_us, max(at_us) AS last_us FROM organism.interaction
    GROUP BY source, target, kind
), weeks AS (
    SELECT source, target, kind, sum(weight_u)::bigint AS weight_u, sum(count)::bigint AS count,
        min(extract(epoch FROM week)::bigint * 1000000) AS first_us,
        max(extract(epoch FROM week)::bigint * 1000000) AS last_us
    FROM organism.tie_week GROUP BY source, target, kind
), by_kind AS (
    SELECT source, target, kind, weeks.weight_u, weeks.count, least(weeks.first_us, kept.first_us) AS first_us,
        greatest(weeks.last_us, kept.last_us) AS last_us
    FROM weeks LEFT JOIN kept USING (source, target, kind)
), {compared}
