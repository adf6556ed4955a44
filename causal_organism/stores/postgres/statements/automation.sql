-- What automation decided last.

-- name: load
SELECT key, at, run, condition, chosen, held, because, considered_at, last_chosen FROM organism.automation

-- name: record
INSERT INTO organism.automation AS known
    (key, at, run, condition, chosen, held, because, considered_at, last_chosen)
SELECT * FROM unnest(%s::text[], %s::timestamptz[], %s::text[], %s::text[], %s::boolean[], %s::boolean[],
    %s::text[], %s::timestamptz[], %s::jsonb[])
ON CONFLICT (key) DO UPDATE SET at = excluded.at, run = excluded.run, condition = excluded.condition,
    chosen = excluded.chosen, held = excluded.held, because = excluded.because,
    considered_at = coalesce(excluded.considered_at, known.considered_at),
    last_chosen = coalesce(excluded.last_chosen, known.last_chosen)
