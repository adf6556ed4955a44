-- Runs and their steps, and their history over any time.

-- name: run_columns
id, flow, selection, trigger, actor, started_at, ended_at, outcome, deployment, error, tries

-- name: begin_run
WITH {at_once} INSERT INTO organism.run AS r (id, flow, deployment, selection, trigger, actor, started_at)
    SELECT %s, %s, %s, %s, %s, %s, %s::timestamptz FROM at_once ON CONFLICT (id) DO UPDATE SET
    tries = r.tries + 1, ended_at = NULL, outcome = NULL, error = NULL, document = NULL

-- name: end_run
UPDATE organism.run SET outcome = %s, ended_at = %s, error = %s, document = %s WHERE id = %s

-- name: cancel_run
INSERT INTO organism.cancellation (run, at, actor) VALUES (%s, %s, %s) ON CONFLICT (run) DO NOTHING

-- name: await_publications
SELECT FROM organism.lease WHERE holder = %(run)s OR starts_with(holder, %(run)s || '/') FOR UPDATE

-- name: cancelled_by
SELECT actor FROM organism.cancellation WHERE run = %s

-- name: uncancel_run
DELETE FROM organism.cancellation WHERE run = %s

-- name: run_document
SELECT document FROM organism.run WHERE id = %s

-- name: runs
SELECT {run_columns} FROM organism.run ORDER BY started_at DESC LIMIT %s

-- name: run
SELECT {run_columns} FROM organism.run WHERE id = %s

-- name: set_steps
-- One document of all: for 20,000 that a cancelled run leaves, a statement each took 13 s, and this 3 s.
WITH {at_once} INSERT INTO organism.step (run, key, partition, outcome, version, causes, seconds, error, at)
    SELECT s.* FROM at_once, jsonb_to_recordset(%s::jsonb) AS s (run text, key text, partition text, outcome text,
    version int, causes jsonb, seconds float8, error text, at timestamptz)
    ON CONFLICT (run, key, partition) DO UPDATE SET outcome = excluded.outcome, version = excluded.version,
    causes = excluded.causes, seconds = excluded.seconds, error = excluded.error, at = excluded.at

-- name: steps
SELECT run, key, partition, outcome, version, causes, seconds, error, at FROM organism.step
    WHERE run = %s ORDER BY position

-- name: durations
SELECT h.key, percentile_cont(0.5) WITHIN GROUP (ORDER BY s.seconds)
    FROM (SELECT DISTINCT key FROM organism.head) h
    CROSS JOIN LATERAL (SELECT seconds FROM organism.step WHERE step.key = h.key AND seconds IS NOT NULL
    AND outcome IN ('made', 'unchanged') ORDER BY at DESC LIMIT 5) s GROUP BY h.key

-- name: local_runs
SELECT {run_columns} FROM organism.run WHERE deployment IS NULL
    AND started_at >= coalesce(%s::timestamptz, '-infinity') ORDER BY started_at DESC LIMIT %s

-- name: records
SELECT {run_columns} FROM organism.run WHERE id = ANY(%s)

-- name: runs_with
-- From the newest run on, and of each from its own steps: both by an index, whatever the asset's history is.
SELECT id FROM organism.run r WHERE started_at >= coalesce(%s::timestamptz, '-infinity') AND EXISTS (SELECT 1
    FROM organism.step s WHERE s.run = r.id AND s.key = %s AND s.outcome <> 'skipped')
    ORDER BY started_at DESC LIMIT %s

-- name: last_outcomes
SELECT k.key, s.outcome FROM unnest(%s::text[]) k (key) CROSS JOIN LATERAL (SELECT outcome, at
    FROM organism.step WHERE step.key = k.key AND outcome IN ('made', 'unchanged') ORDER BY at DESC LIMIT %s) s
    ORDER BY k.key, s.at DESC

-- name: figures
SELECT key, count(*), count(*) FILTER (WHERE outcome IN ('failed', 'rejected')),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY took), percentile_cont(0.95) WITHIN GROUP (ORDER BY took)
    FROM (SELECT s.key, s.outcome, CASE WHEN s.outcome IN ('made', 'unchanged') THEN s.seconds END AS took
    FROM organism.run r JOIN organism.step s ON s.run = r.id WHERE r.started_at >= %s
    AND s.outcome IN ('made', 'unchanged', 'failed', 'rejected')) made GROUP BY key ORDER BY key
