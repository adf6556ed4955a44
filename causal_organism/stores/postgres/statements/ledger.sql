-- Versions and heads, leases and publications, attempts, the audit log and facts.

-- name: version_columns
v.key, v.partition, v.number, v.fingerprint, v.made_at, v.run, v.actor, v.trigger, v.code_version, v.inputs,
    v.value, nullif(v.metadata, '{}'), nullif(v.checks, '[]'), v.kept,
    coalesce(h.pinned AND h.number = v.number, false), v.confirmed

-- name: join_head
FROM organism.version v LEFT JOIN organism.head h ON h.key = v.key AND h.partition = v.partition

-- name: attempt_columns
a.outcome, a.at, a.run, a.code_version, a.inputs, a.error

-- name: version
SELECT {version_columns} {join_head} WHERE v.key = %s AND v.partition = %s AND v.number = %s

-- name: versions
SELECT {version_columns} {join_head} WHERE v.key = %s AND v.partition = %s ORDER BY v.number DESC LIMIT %s

-- name: kept_versions
SELECT {version_columns} {join_head} WHERE v.key = %s AND v.partition = %s AND v.kept
    ORDER BY v.number DESC LIMIT %s

-- name: heads
-- Mostly a head is judged by its own record: reading that twice would be a third of reading 50,000 partitions.
SELECT {version_columns}, h.code_version, CASE WHEN h.inputs = v.inputs THEN NULL ELSE h.inputs END, h.confirmed_at,
    h.pinned, h.checks, h.checked_at, h.checked_by, {attempt_columns} FROM organism.head h
    JOIN organism.version v ON v.key = h.key AND v.partition = h.partition AND v.number = h.number
    LEFT JOIN organism.attempt a ON a.key = h.key AND a.partition = h.partition

-- name: heads_mark
-- Every change of a row gives it another xmin. What is shown of a head's version changes with the head alone.
SELECT concat_ws(' ', count(*), sum(hashtextextended(concat_ws(' ', key, partition, xmin), 0)))
    FROM (SELECT key, partition, xmin FROM organism.head
    UNION ALL SELECT key, partition || ' attempt', xmin FROM organism.attempt) each

-- name: heads_of
{heads} WHERE h.key = ANY(%s) AND h.partition = %s

-- name: attempts_without_head
SELECT a.key, a.partition, {attempt_columns} FROM organism.attempt a WHERE NOT EXISTS
    (SELECT 1 FROM organism.head h WHERE h.key = a.key AND h.partition = a.partition)

-- name: fence
-- One statement each, so one round trip: whoever does not hold the lease any more changes nothing and gets no row. The
-- number is free, since the holder of the lease publishes alone, and the one before could only until it lost the lease.
-- Whether the run was cancelled is asked when the lease's row is locked; who cancels it waits for that row.
held AS MATERIALIZED (SELECT key, partition FROM organism.lease WHERE key = %(key)s
    AND partition = %(partition)s AND token = %(token)s AND holder = %(holder)s FOR UPDATE),
    fence AS MATERIALIZED (SELECT key, partition FROM held WHERE NOT organism.is_cancelled(%(run)s))

-- name: clear_attempt
cleared AS (DELETE FROM organism.attempt a USING fence WHERE a.key = fence.key AND a.partition = fence.partition)

-- name: publish
WITH {fence}, {clear_attempt},
    v AS (INSERT INTO organism.version (key, partition, number, fingerprint, made_at, run,
    actor, trigger, code_version, inputs, value, metadata, checks) SELECT fence.key, fence.partition,
    (SELECT coalesce(max(number), 0) + 1 FROM organism.version WHERE key = %(key)s AND partition = %(partition)s),
    %(fingerprint)s, %(at)s, %(run)s, %(actor)s, %(trigger)s, %(code_version)s, %(inputs)s, %(value)s, %(metadata)s,
    %(checks)s FROM fence RETURNING *),
    h AS (INSERT INTO organism.head (key, partition, number, code_version, inputs, confirmed_at, confirmed_by)
    SELECT key, partition, number, code_version, inputs, made_at, run FROM v ON CONFLICT (key, partition) DO UPDATE
    SET number = excluded.number, code_version = excluded.code_version, inputs = excluded.inputs,
    confirmed_at = excluded.confirmed_at, confirmed_by = excluded.confirmed_by,
    checks = NULL, checked_at = NULL, checked_by = NULL RETURNING number, pinned)
    SELECT {version_columns} FROM v, h

-- name: confirm
WITH {fence}, {clear_attempt}, h AS (UPDATE organism.head SET code_version = %(code_version)s,
    inputs = %(inputs)s, confirmed_at = %(at)s, confirmed_by = %(run)s FROM fence
    WHERE head.key = fence.key AND head.partition = fence.partition RETURNING head.*),
    v AS (UPDATE organism.version v SET confirmed = jsonb_build_object('code_version', h.code_version, 'inputs',
    h.inputs) || CASE WHEN %(metadata)s::jsonb <> v.metadata THEN jsonb_build_object('metadata', %(metadata)s::jsonb)
    ELSE '{}' END FROM h WHERE v.key = h.key AND v.partition = h.partition AND v.number = h.number)
    SELECT key FROM fence

-- name: record_checks
WITH {fence}, h AS (UPDATE organism.head SET checks = %(checks)s, checked_at = %(at)s, checked_by = %(run)s
    FROM fence WHERE head.key = fence.key AND head.partition = fence.partition AND head.number = %(number)s)
    SELECT key FROM fence

-- name: set_attempt
INSERT INTO organism.attempt (key, partition, outcome, at, run, code_version, inputs, error)
    SELECT %(key)s, %(partition)s, %(outcome)s, %(at)s, %(run)s, %(code_version)s, %(inputs)s, %(error)s
    WHERE NOT organism.is_cancelled(%(run)s) ON CONFLICT (key, partition) DO UPDATE SET
    outcome = excluded.outcome, at = excluded.at, run = excluded.run, code_version = excluded.code_version,
    inputs = excluded.inputs, error = excluded.error

-- name: reject
-- Whether the run was cancelled is asked once, for the attempt; without that nothing is kept.
WITH noted AS ({set_attempt} RETURNING key) INSERT INTO organism.rejected (key, partition, fingerprint, at, run,
    actor, trigger, code_version, inputs, value, metadata, checks) SELECT %(key)s, %(partition)s, %(fingerprint)s,
    %(at)s, %(run)s, %(actor)s, %(trigger)s, %(code_version)s, %(inputs)s, %(value)s, %(metadata)s, %(checks)s
    FROM noted

-- name: rejected
SELECT r.key, r.partition, 0, r.fingerprint, r.at, r.run, r.actor, r.trigger, r.code_version, r.inputs, r.value,
    nullif(r.metadata, '{}'), nullif(r.checks, '[]'), r.kept, false, NULL::jsonb FROM organism.rejected r
    WHERE r.key = %s AND r.partition = %s ORDER BY r.id DESC LIMIT %s

-- name: old
-- Of what is kept, an asset and partition has few, whatever its history.
SELECT id, key, partition FROM (SELECT id, key, partition, row_number() OVER (PARTITION BY key, partition
    ORDER BY id DESC) AS age FROM organism.rejected WHERE kept AND key = ANY(%(keys)s)) r WHERE age > %(last)s

-- name: old_rejected
SELECT key, partition, count(*) FROM ({old}) o GROUP BY key, partition

-- name: retire_rejected
WITH o AS ({old}), gone AS (UPDATE organism.rejected r SET kept = false FROM o WHERE r.id = o.id
    RETURNING r.key, r.partition) SELECT key, partition, count(*) FROM gone GROUP BY key, partition

-- name: set_looks
INSERT INTO organism.look (key, at) SELECT key, %s FROM unnest(%s::text[]) key
    ON CONFLICT (key) DO UPDATE SET at = greatest(look.at, excluded.at)

-- name: looks
SELECT key, at FROM organism.look

-- name: retire
UPDATE organism.version v SET kept = false WHERE key = %s AND partition = %s AND number = ANY(%s) AND NOT EXISTS
    (SELECT 1 FROM organism.head h WHERE h.key = v.key AND h.partition = v.partition AND h.number = v.number)

-- name: kept_contents
SELECT coalesce(value->>'content', fingerprint) FROM organism.version WHERE kept
    UNION SELECT value->>'whole' FROM organism.version WHERE kept AND value ? 'whole'
    UNION SELECT coalesce(value->>'content', fingerprint) FROM organism.rejected WHERE kept
    UNION SELECT value->>'whole' FROM organism.rejected WHERE kept AND value ? 'whole'
    UNION SELECT jsonb_path_query(inputs, '$.*.manifest.content') #>> '{}' FROM organism.rejected WHERE kept
    UNION SELECT jsonb_path_query(inputs, '$.*.manifest.content') #>> '{}' FROM organism.version
    UNION SELECT jsonb_path_query(confirmed, '$.inputs.*.manifest.content') #>> '{}' FROM organism.version
    UNION SELECT jsonb_path_query(inputs, '$.*.manifest.content') #>> '{}' FROM organism.head

-- name: pin
UPDATE organism.head SET pinned = true WHERE key = %s AND partition = %s AND number = %s

-- name: unpin
UPDATE organism.head SET pinned = false WHERE key = %s AND partition = %s

-- name: take_lease
WITH {at_once} INSERT INTO organism.lease AS l (key, partition, token, holder, expires_at)
    SELECT %s, %s, 1, %s, now() + make_interval(secs => %s) FROM at_once ON CONFLICT (key, partition) DO UPDATE SET
    token = l.token + 1, holder = excluded.holder, expires_at = excluded.expires_at
    WHERE l.expires_at IS NULL OR l.expires_at < now() RETURNING token

-- name: lease_holder
SELECT holder FROM organism.lease WHERE key = %s AND partition = %s

-- name: leases_held
SELECT key, partition, holder FROM organism.lease WHERE expires_at >= now()

-- name: renew_lease
WITH {at_once} UPDATE organism.lease SET expires_at = now() + make_interval(secs => %s) FROM at_once
    WHERE key = %s AND partition = %s AND token = %s AND expires_at IS NOT NULL

-- name: free_lease
WITH {at_once} UPDATE organism.lease SET holder = NULL, expires_at = NULL FROM at_once
    WHERE key = %s AND partition = %s AND token = %s

-- name: add_audit
INSERT INTO organism.audit (at, actor, action, subject, detail) VALUES (%s, %s, %s, %s, %s)

-- name: audit_row
SELECT number, at, actor, action, subject, detail::text, session, encode(previous, 'hex'), encode(digest, 'hex')
    FROM organism.audit

-- name: audit_log
{audit_row} WHERE %s::timestamptz IS NULL OR at >= %s ORDER BY number DESC LIMIT %s

-- name: audit_chain
{audit_row} WHERE number > %s AND (%s::timestamptz IS NULL
    OR number >= (SELECT min(number) FROM organism.audit WHERE at >= %s)) ORDER BY number LIMIT %s

-- name: fact
SELECT value FROM organism.fact WHERE name = %s

-- name: facts
SELECT name, value FROM organism.fact WHERE starts_with(name, %s) ORDER BY name

-- name: forget_fact
DELETE FROM organism.fact WHERE name = %s

-- name: set_fact
INSERT INTO organism.fact (name, value) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value
