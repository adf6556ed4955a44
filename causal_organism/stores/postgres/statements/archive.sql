-- The stream's position, interactions, people, ties, and sums by week.

-- name: read_state
SELECT entry, entries, read_to, forgotten, batch, fingerprint, people, ties, interactions, first_us, last_us,
    window_from_us, forgotten_to_us
FROM organism.stream_position

-- name: lock_state
{read_state} FOR UPDATE

-- name: save_state
UPDATE organism.stream_position SET entry = %s, entries = %s, read_to = %s, forgotten = %s, batch = %s,
    fingerprint = %s, people = %s, ties = %s, interactions = %s, first_us = %s, last_us = %s,
    window_from_us = %s, forgotten_to_us = %s

-- name: batches
SELECT number, kind, entry, delta, fingerprint, accepted_at FROM organism.batch
WHERE number > %(after)s AND (%(until)s::bigint IS NULL OR number <= %(until)s) ORDER BY number LIMIT %(limit)s

-- name: known_entries
SELECT entry FROM organism.interaction WHERE entry = ANY(%(entries)s::text[])
    UNION ALL SELECT entry FROM organism.refusal WHERE entry = ANY(%(entries)s::text[])

-- name: add_interactions
-- In this order the indexes take a fifth less.
INSERT INTO organism.interaction
    (accepted_at, entry, at_us, source, target, kind, weight_u, duration_s, sender_id)
    SELECT %s, * FROM unnest(%s::text[], %s::bigint[], %s::int[], %s::int[], %s::int[],
    %s::bigint[], %s::float8[], %s::text[]) AS new (e, at, s, t) ORDER BY s, t

-- name: put_ties
INSERT INTO organism.tie (source, target, weight_u, count, first_us, last_us, kind, kinds)
    SELECT s, t, w, n, f, l, k, ks::bigint[] FROM unnest(%s::int[], %s::int[], %s::bigint[], %s::bigint[],
    %s::bigint[], %s::bigint[], %s::int[], %s::text[]) AS new (s, t, w, n, f, l, k, ks)
    ON CONFLICT (source, target) DO UPDATE SET weight_u = excluded.weight_u, count = excluded.count,
    first_us = excluded.first_us, last_us = excluded.last_us, kind = excluded.kind, kinds = excluded.kinds

-- name: add_weeks
INSERT INTO organism.tie_week AS was (week, source, target, kind, weight_u, count, duration_us)
    SELECT date '1970-01-01' + day, s, t, k, w, n, d FROM unnest(%s::int[], %s::int[], %s::int[], %s::int[],
    %s::bigint[], %s::bigint[], %s::numeric[]) AS new (day, s, t, k, w, n, d)
    ORDER BY day, s, t, k ON CONFLICT (week, source, target, kind) DO UPDATE
    SET weight_u = was.weight_u + excluded.weight_u, count = was.count + excluded.count,
    duration_us = was.duration_us + excluded.duration_us

-- name: add_booked
INSERT INTO organism.booked_week AS was (week, person, kind, booked)
    SELECT date '1970-01-01' + day, p, k, b::int8multirange
    FROM unnest(%s::int[], %s::int[], %s::int[], %s::text[]) AS new (day, p, k, b)
    ORDER BY day, p, k ON CONFLICT (week, person, kind) DO UPDATE SET booked = was.booked + excluded.booked

-- name: add_refusals
INSERT INTO organism.refusal (at, entry, reason, fields)
    SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::jsonb[])

-- name: add_batch
INSERT INTO organism.batch (number, kind, entry, delta, fingerprint, people, ties, accepted_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)

-- name: add_kinds
INSERT INTO organism.kind (hash, name) SELECT * FROM unnest(%s::uuid[], %s::text[])
    AS new (hash, name) WHERE NOT EXISTS (SELECT FROM organism.kind known WHERE known.hash = new.hash)

-- name: remove_ties
DELETE FROM organism.tie USING unnest(%s::int[], %s::int[]) AS gone (s, t)
    WHERE source = s AND target = t

-- name: ties
SELECT ord, kind, kinds, weight_u, count, first_us, last_us FROM organism.tie
    JOIN unnest(%s::int[], %s::int[]) WITH ORDINALITY AS wanted (s, t, ord) ON source = s AND target = t

-- name: unseen_people
WITH everybody AS (SELECT idx, id, row_number() OVER (ORDER BY idx) - 1 AS place FROM organism.person),
    others AS (SELECT * FROM everybody WHERE NOT EXISTS (
        SELECT FROM unnest(%s::text[]) AS staying (id) WHERE staying.id = everybody.id))
SELECT place, id FROM others
WHERE NOT EXISTS (SELECT FROM organism.tie_week WHERE source = others.idx)
    AND NOT EXISTS (SELECT FROM organism.tie_week WHERE target = others.idx)
ORDER BY place

-- name: interactions_of
WITH person AS (SELECT idx FROM organism.person WHERE id = %(person)s),
spanned AS NOT MATERIALIZED (  -- it is named twice, and would be read whole
    SELECT * FROM organism.interaction
    WHERE (%(after)s::numeric[] IS NULL OR string_to_array(entry, '-')::numeric[] > %(after)s::numeric[])
        AND (%(until)s::numeric[] IS NULL OR string_to_array(entry, '-')::numeric[] <= %(until)s::numeric[])
),
found AS (
    (SELECT * FROM spanned WHERE source = (SELECT idx FROM person) ORDER BY at_us DESC LIMIT %(limit)s)
    UNION ALL
    (SELECT * FROM spanned WHERE target = (SELECT idx FROM person) ORDER BY at_us DESC LIMIT %(limit)s)
)
SELECT entry, s.id, t.id, at_us, kind.name, weight_u, duration_s, sender_id
FROM found JOIN organism.person s ON s.idx = source JOIN organism.person t ON t.idx = target
    JOIN organism.kind kind ON kind.id = found.kind
ORDER BY at_us DESC, entry DESC LIMIT %(limit)s

-- name: is_old
accepted_at < %s AND at_us < coalesce(%s, 9223372036854775807)

-- name: forgettable
SELECT count(*) FROM organism.interaction WHERE {is_old}

-- name: forget
WITH gone AS (
    DELETE FROM organism.interaction WHERE {is_old}
    RETURNING at_us, entry
)
SELECT count(*), max(at_us),
    (SELECT entry FROM gone ORDER BY string_to_array(entry, '-')::numeric[] DESC LIMIT 1)
FROM gone

-- name: old_batches
SELECT count(*) FROM organism.batch WHERE number < %s

-- name: forget_batches
WITH gone AS (DELETE FROM organism.batch WHERE number < %s RETURNING number) SELECT count(*) FROM gone

-- name: booked
SELECT to_char(week, 'IYYY-"W"IW'), person, kind,
    untimed_us + (SELECT coalesce(sum(upper(each) - lower(each)), 0) FROM unnest(booked) each)
FROM organism.booked_week

-- name: by_kind
(
    SELECT source, target, kind, weight_u, count, first_us, last_us FROM organism.tie WHERE kind IS NOT NULL
    UNION ALL
    SELECT source, target, kinds[at], kinds[at + 1], kinds[at + 2], kinds[at + 3], kinds[at + 4]
    FROM organism.tie, generate_series(1, cardinality(kinds), 5) at WHERE kinds IS NOT NULL
) by_kind

-- name: weekly
SELECT to_char(week, 'IYYY-"W"IW'), kind, source, target, weight_u, count,
    least(duration_us / 1000000, 1e300)::float8 FROM organism.tie_week
