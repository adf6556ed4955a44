-- Results over time.

-- name: is_available
SELECT FROM pg_available_extensions WHERE name = 'timescaledb'

-- name: is_ours
-- Tables are set up by whose they are: `organism deploy setup` does it for workers with a login of their own.
SELECT FROM pg_class WHERE oid = to_regclass('organism.effect_reading')
    AND pg_has_role(session_user, relowner, 'USAGE')

-- name: trends
SELECT to_regclass('organism.effect_weekly')::oid, to_regclass('organism.view_daily')::oid

-- name: aggregates
SELECT FROM timescaledb_information.continuous_aggregates WHERE view_schema = 'organism'

-- name: extension
DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS timescaledb;
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE 'plain tables: %', SQLERRM;
END $$

-- name: old
SELECT (SELECT count(*) FROM organism.effect_reading WHERE at < %(before)s)
    + (SELECT count(*) FROM organism.view_reading WHERE at < %(before)s)

-- name: forget_effects
DELETE FROM organism.effect_reading WHERE at < %s

-- name: forget_views
DELETE FROM organism.view_reading WHERE at < %s

-- name: effects
INSERT INTO organism.effect_reading
    (at, version, person, outcome, treatment, verdict, grade, effect, effect_sd, ci_lo, ci_hi, detail)
SELECT %s, %s, * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::float8[], %s::float8[],
    %s::float8[], %s::float8[], %s::jsonb[])
ON CONFLICT DO NOTHING

-- name: views
INSERT INTO organism.view_reading (at, version, key, entity, metric, value)
SELECT %s, %s, %s, * FROM unnest(%s::text[], %s::text[], %s::float8[])
ON CONFLICT DO NOTHING
