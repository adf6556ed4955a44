-- What TimescaleDB adds to the plain tables. Run on every setup; repeating it changes nothing.
DO $$
BEGIN
    PERFORM create_hypertable('organism.effect_reading', 'at', chunk_time_interval => interval '7 days',
        if_not_exists => true, migrate_data => true);
    PERFORM create_hypertable('organism.view_reading', 'at', chunk_time_interval => interval '7 days',
        if_not_exists => true, migrate_data => true);
END $$;

-- Compression is not in every edition: without it everything works, in more space.
DO $$
BEGIN
    ALTER TABLE organism.effect_reading SET (timescaledb.compress, timescaledb.compress_segmentby = 'outcome',
        timescaledb.compress_orderby = 'person, at DESC');
    ALTER TABLE organism.view_reading SET (timescaledb.compress, timescaledb.compress_segmentby = 'key, metric',
        timescaledb.compress_orderby = 'entity, at DESC');
    PERFORM add_compression_policy('organism.effect_reading', interval '14 days', if_not_exists => true);
    PERFORM add_compression_policy('organism.view_reading', interval '14 days', if_not_exists => true);
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE 'readings are not compressed: %', SQLERRM;
END $$;

-- Trends. Plain views of the same names may be there from before TimescaleDB was: they go only if these can be made. Rows
-- that were not counted yet are counted when one asks, as by the plain views. The jobs follow late changes however old they are:
-- what a restore brings back, and what is removed.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM timescaledb_information.continuous_aggregates
            WHERE view_schema = 'organism' AND view_name = 'view_daily') THEN
        DROP VIEW IF EXISTS organism.view_daily;
        CREATE MATERIALIZED VIEW organism.view_daily
            WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
            SELECT time_bucket(interval '1 day', at) AS day, key, metric, entity, avg(value) AS value, count(*) AS readings
            FROM organism.view_reading GROUP BY 1, key, metric, entity WITH NO DATA;
        PERFORM add_continuous_aggregate_policy('organism.view_daily', start_offset => NULL,
            end_offset => interval '1 hour', schedule_interval => interval '1 hour');
    END IF;
    -- Effects over all people, by the week in which they were concluded (weeks begin on Mondays, in UTC).
    IF NOT EXISTS (SELECT FROM timescaledb_information.continuous_aggregates
            WHERE view_schema = 'organism' AND view_name = 'effect_weekly') THEN
        DROP VIEW IF EXISTS organism.effect_weekly;
        CREATE MATERIALIZED VIEW organism.effect_weekly
            WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
            SELECT time_bucket(interval '7 days', at) AS week, outcome, treatment, avg(effect) AS effect,
                avg(ci_lo) AS ci_lo, avg(ci_hi) AS ci_hi, count(effect) AS shown,
                count(*) FILTER (WHERE verdict = 'supported') AS supported, count(*) AS readings
            FROM organism.effect_reading GROUP BY 1, outcome, treatment WITH NO DATA;
        PERFORM add_continuous_aggregate_policy('organism.effect_weekly', start_offset => NULL,
            end_offset => interval '1 hour', schedule_interval => interval '1 hour');
    END IF;
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE 'trends are plain views: %', SQLERRM;
END $$;

-- Aggregates of earlier versions of ours, which left out what was new, and changes of what was old.
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT view_name FROM timescaledb_information.continuous_aggregates
            WHERE view_schema = 'organism' AND materialized_only LOOP
        EXECUTE format('ALTER MATERIALIZED VIEW organism.%I SET (timescaledb.materialized_only = false)', name);
        PERFORM remove_continuous_aggregate_policy(format('organism.%I', name)::regclass, if_exists => true);
        PERFORM add_continuous_aggregate_policy(format('organism.%I', name)::regclass, start_offset => NULL,
            end_offset => interval '1 hour', schedule_interval => interval '1 hour');
    END LOOP;
END $$;
