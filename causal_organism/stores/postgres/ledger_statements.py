"""The ledger's statements."""

from __future__ import annotations

from typing import LiteralString

from causal_organism.stores.postgres.database import AT_ONCE

_VERSION: LiteralString = (
    "v.key, v.partition, v.number, v.fingerprint, v.made_at, v.run, v.actor, v.trigger, v.code_version, v.inputs, "
    "v.value, nullif(v.metadata, '{}'), nullif(v.checks, '[]'), v.kept, "
    "coalesce(h.pinned AND h.number = v.number, false), v.confirmed"
)
_JOIN_HEAD: LiteralString = (
    "FROM organism.version v LEFT JOIN organism.head h ON h.key = v.key AND h.partition = v.partition"
)
_ATTEMPT: LiteralString = "a.outcome, a.at, a.run, a.code_version, a.inputs, a.error"
VERSION: LiteralString = f"SELECT {_VERSION} {_JOIN_HEAD} WHERE v.key = %s AND v.partition = %s AND v.number = %s"
VERSIONS: LiteralString = (
    f"SELECT {_VERSION} {_JOIN_HEAD} WHERE v.key = %s AND v.partition = %s ORDER BY v.number DESC LIMIT %s"
)
KEPT_VERSIONS: LiteralString = VERSIONS.replace("ORDER BY", "AND v.kept ORDER BY")
HEADS: LiteralString = (
    # Mostly a head is judged by its own record: reading that twice would be a third of reading 50,000 partitions.
    f"SELECT {_VERSION}, h.code_version, CASE WHEN h.inputs = v.inputs THEN NULL ELSE h.inputs END, h.confirmed_at, "
    f"h.pinned, h.checks, h.checked_at, h.checked_by, {_ATTEMPT} FROM organism.head h "
    "JOIN organism.version v ON v.key = h.key AND v.partition = h.partition AND v.number = h.number "
    "LEFT JOIN organism.attempt a ON a.key = h.key AND a.partition = h.partition"
)
# Every change of a row gives it another xmin. What is shown of a head's version changes with the head alone.
HEADS_MARK: LiteralString = (
    "SELECT concat_ws(' ', count(*), sum(hashtextextended(concat_ws(' ', key, partition, xmin), 0))) "
    "FROM (SELECT key, partition, xmin FROM organism.head "
    "UNION ALL SELECT key, partition || ' attempt', xmin FROM organism.attempt) each"
)
HEADS_OF: LiteralString = f"{HEADS} WHERE h.key = ANY(%s) AND h.partition = %s"
ATTEMPTS_WITHOUT_HEAD: LiteralString = (
    f"SELECT a.key, a.partition, {_ATTEMPT} FROM organism.attempt a WHERE NOT EXISTS "
    "(SELECT 1 FROM organism.head h WHERE h.key = a.key AND h.partition = a.partition)"
)
# One statement each, so one round trip: whoever does not hold the lease any more changes nothing and gets no row. The
# number is free, since the holder of the lease publishes alone, and the one before could only until it lost the lease.
# Whether the run was cancelled is asked when the lease's row is locked; who cancels it waits for that row.
_FENCE: LiteralString = (
    "held AS MATERIALIZED (SELECT key, partition FROM organism.lease WHERE key = %(key)s "
    "AND partition = %(partition)s AND token = %(token)s AND holder = %(holder)s FOR UPDATE), "
    "fence AS MATERIALIZED (SELECT key, partition FROM held WHERE NOT organism.is_cancelled(%(run)s))"
)
_CLEAR_ATTEMPT: LiteralString = (
    "cleared AS (DELETE FROM organism.attempt a USING fence WHERE a.key = fence.key AND a.partition = fence.partition)"
)
PUBLISH: LiteralString = (
    f"WITH {_FENCE}, {_CLEAR_ATTEMPT}, "
    "v AS (INSERT INTO organism.version (key, partition, number, fingerprint, made_at, run, "
    "actor, trigger, code_version, inputs, value, metadata, checks) SELECT fence.key, fence.partition, "
    "(SELECT coalesce(max(number), 0) + 1 FROM organism.version WHERE key = %(key)s AND partition = %(partition)s), "
    "%(fingerprint)s, %(at)s, %(run)s, %(actor)s, %(trigger)s, %(code_version)s, %(inputs)s, %(value)s, %(metadata)s, "
    "%(checks)s FROM fence RETURNING *), "
    "h AS (INSERT INTO organism.head (key, partition, number, code_version, inputs, confirmed_at, confirmed_by) "
    "SELECT key, partition, number, code_version, inputs, made_at, run FROM v ON CONFLICT (key, partition) DO UPDATE "
    "SET number = excluded.number, code_version = excluded.code_version, inputs = excluded.inputs, "
    "confirmed_at = excluded.confirmed_at, confirmed_by = excluded.confirmed_by, "
    "checks = NULL, checked_at = NULL, checked_by = NULL RETURNING number, pinned) "
    f"SELECT {_VERSION} FROM v, h"
)
CONFIRM: LiteralString = (
    f"WITH {_FENCE}, {_CLEAR_ATTEMPT}, h AS (UPDATE organism.head SET code_version = %(code_version)s, "
    "inputs = %(inputs)s, confirmed_at = %(at)s, confirmed_by = %(run)s FROM fence "
    "WHERE head.key = fence.key AND head.partition = fence.partition RETURNING head.*), "
    "v AS (UPDATE organism.version v SET confirmed = jsonb_build_object('code_version', h.code_version, 'inputs', "
    "h.inputs) || CASE WHEN %(metadata)s::jsonb <> v.metadata THEN jsonb_build_object('metadata', %(metadata)s::jsonb) "
    "ELSE '{}' END FROM h WHERE v.key = h.key AND v.partition = h.partition AND v.number = h.number) "
    "SELECT key FROM fence"
)
RECORD_CHECKS: LiteralString = (
    f"WITH {_FENCE}, h AS (UPDATE organism.head SET checks = %(checks)s, checked_at = %(at)s, checked_by = %(run)s "
    "FROM fence WHERE head.key = fence.key AND head.partition = fence.partition AND head.number = %(number)s) "
    "SELECT key FROM fence"
)
SET_ATTEMPT: LiteralString = (
    "INSERT INTO organism.attempt (key, partition, outcome, at, run, code_version, inputs, error) "
    "SELECT %(key)s, %(partition)s, %(outcome)s, %(at)s, %(run)s, %(code_version)s, %(inputs)s, %(error)s "
    "WHERE NOT organism.is_cancelled(%(run)s) ON CONFLICT (key, partition) DO UPDATE SET "
    "outcome = excluded.outcome, at = excluded.at, run = excluded.run, code_version = excluded.code_version, "
    "inputs = excluded.inputs, error = excluded.error"
)
SET_LOOKS: LiteralString = (
    "INSERT INTO organism.look (key, at) SELECT key, %s FROM unnest(%s::text[]) key "
    "ON CONFLICT (key) DO UPDATE SET at = greatest(look.at, excluded.at)"
)
LOOKS: LiteralString = "SELECT key, at FROM organism.look"
RETIRE: LiteralString = (
    "UPDATE organism.version v SET kept = false WHERE key = %s AND partition = %s AND number = ANY(%s) AND NOT EXISTS "
    "(SELECT 1 FROM organism.head h WHERE h.key = v.key AND h.partition = v.partition AND h.number = v.number)"
)
KEPT_CONTENTS: LiteralString = (
    "SELECT coalesce(value->>'content', fingerprint) FROM organism.version WHERE kept "
    "UNION SELECT value->>'whole' FROM organism.version WHERE kept AND value ? 'whole' "
    "UNION SELECT coalesce(value->>'content', fingerprint) FROM organism.rejected WHERE kept "
    "UNION SELECT value->>'whole' FROM organism.rejected WHERE kept AND value ? 'whole' "
    "UNION SELECT jsonb_path_query(inputs, '$.*.manifest.content') #>> '{}' FROM organism.rejected WHERE kept "
    "UNION SELECT jsonb_path_query(inputs, '$.*.manifest.content') #>> '{}' FROM organism.version "
    "UNION SELECT jsonb_path_query(confirmed, '$.inputs.*.manifest.content') #>> '{}' FROM organism.version "
    "UNION SELECT jsonb_path_query(inputs, '$.*.manifest.content') #>> '{}' FROM organism.head"
)
PIN: LiteralString = "UPDATE organism.head SET pinned = true WHERE key = %s AND partition = %s AND number = %s"
UNPIN: LiteralString = "UPDATE organism.head SET pinned = false WHERE key = %s AND partition = %s"
TAKE_LEASE: LiteralString = (
    f"WITH {AT_ONCE} INSERT INTO organism.lease AS l (key, partition, token, holder, expires_at) "
    "SELECT %s, %s, 1, %s, now() + make_interval(secs => %s) FROM at_once ON CONFLICT (key, partition) DO UPDATE SET "
    "token = l.token + 1, holder = excluded.holder, expires_at = excluded.expires_at "
    "WHERE l.expires_at IS NULL OR l.expires_at < now() RETURNING token"
)
LEASE_HOLDER: LiteralString = "SELECT holder FROM organism.lease WHERE key = %s AND partition = %s"
LEASES_HELD: LiteralString = "SELECT key, partition, holder FROM organism.lease WHERE expires_at >= now()"
RENEW_LEASE: LiteralString = (
    f"WITH {AT_ONCE} UPDATE organism.lease SET expires_at = now() + make_interval(secs => %s) FROM at_once "
    "WHERE key = %s AND partition = %s AND token = %s AND expires_at IS NOT NULL"
)
FREE_LEASE: LiteralString = (
    f"WITH {AT_ONCE} UPDATE organism.lease SET holder = NULL, expires_at = NULL FROM at_once "
    "WHERE key = %s AND partition = %s AND token = %s"
)
BEGIN_RUN: LiteralString = (
    f"WITH {AT_ONCE} INSERT INTO organism.run AS r (id, flow, deployment, selection, trigger, actor, started_at) "
    "SELECT %s, %s, %s, %s, %s, %s, %s::timestamptz FROM at_once ON CONFLICT (id) DO UPDATE SET "
    "tries = r.tries + 1, ended_at = NULL, outcome = NULL, error = NULL, document = NULL"
)
END_RUN: LiteralString = "UPDATE organism.run SET outcome = %s, ended_at = %s, error = %s, document = %s WHERE id = %s"
CANCEL_RUN: LiteralString = (
    "INSERT INTO organism.cancellation (run, at, actor) VALUES (%s, %s, %s) ON CONFLICT (run) DO NOTHING"
)
AWAIT_PUBLICATIONS: LiteralString = (
    "SELECT FROM organism.lease WHERE holder = %(run)s OR starts_with(holder, %(run)s || '/') FOR UPDATE"
)
CANCELLED_BY: LiteralString = "SELECT actor FROM organism.cancellation WHERE run = %s"
UNCANCEL_RUN: LiteralString = "DELETE FROM organism.cancellation WHERE run = %s"
RUN_DOCUMENT: LiteralString = "SELECT document FROM organism.run WHERE id = %s"
RUN_COLUMNS: LiteralString = (
    "id, flow, selection, trigger, actor, started_at, ended_at, outcome, deployment, error, tries"
)
RUNS: LiteralString = f"SELECT {RUN_COLUMNS} FROM organism.run ORDER BY started_at DESC LIMIT %s"
RUN: LiteralString = f"SELECT {RUN_COLUMNS} FROM organism.run WHERE id = %s"
SET_STEPS: LiteralString = (
    # One document of all: for 20,000 that a cancelled run leaves, a statement each took 13 s, and this 3 s.
    f"WITH {AT_ONCE} INSERT INTO organism.step (run, key, partition, outcome, version, causes, seconds, error, at) "
    "SELECT s.* FROM at_once, jsonb_to_recordset(%s::jsonb) AS s (run text, key text, partition text, outcome text, "
    "version int, causes jsonb, seconds float8, error text, at timestamptz) "
    "ON CONFLICT (run, key, partition) DO UPDATE SET outcome = excluded.outcome, version = excluded.version, "
    "causes = excluded.causes, seconds = excluded.seconds, error = excluded.error, at = excluded.at"
)
STEPS: LiteralString = (
    "SELECT run, key, partition, outcome, version, causes, seconds, error, at FROM organism.step "
    "WHERE run = %s ORDER BY position"
)
DURATIONS: LiteralString = (
    "SELECT h.key, percentile_cont(0.5) WITHIN GROUP (ORDER BY s.seconds) "
    "FROM (SELECT DISTINCT key FROM organism.head) h "
    "CROSS JOIN LATERAL (SELECT seconds FROM organism.step WHERE step.key = h.key AND seconds IS NOT NULL "
    "AND outcome IN ('made', 'unchanged') ORDER BY at DESC LIMIT 5) s GROUP BY h.key"
)
ADD_AUDIT: LiteralString = "INSERT INTO organism.audit (at, actor, action, subject, detail) VALUES (%s, %s, %s, %s, %s)"
_AUDIT_ROW: LiteralString = (
    "SELECT number, at, actor, action, subject, detail::text, session, encode(previous, 'hex'), encode(digest, 'hex') "
    "FROM organism.audit "
)
AUDIT_LOG: LiteralString = _AUDIT_ROW + "WHERE %s::timestamptz IS NULL OR at >= %s ORDER BY number DESC LIMIT %s"
AUDIT_CHAIN: LiteralString = (
    _AUDIT_ROW + "WHERE number > %s AND (%s::timestamptz IS NULL "
    "OR number >= (SELECT min(number) FROM organism.audit WHERE at >= %s)) ORDER BY number LIMIT %s"
)
FACT: LiteralString = "SELECT value FROM organism.fact WHERE name = %s"
FACTS: LiteralString = "SELECT name, value FROM organism.fact WHERE starts_with(name, %s) ORDER BY name"
FORGET_FACT: LiteralString = "DELETE FROM organism.fact WHERE name = %s"
SET_FACT: LiteralString = (
    "INSERT INTO organism.fact (name, value) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
