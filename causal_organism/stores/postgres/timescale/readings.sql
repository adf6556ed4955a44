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

-- Plain views of the same names were there before TimescaleDB was.
DO $$
BEGIN
    IF (SELECT relkind FROM pg_class WHERE oid = to_regclass('organism.effect_weekly')) = 'v'
        AND NOT EXISTS (SELECT FROM timescaledb_information.continuous_aggregates
            WHERE view_schema = 'organism' AND view_name = 'effect_weekly') THEN
        DROP VIEW organism.effect_weekly, organism.view_daily;
    END IF;
END $$;

DO $$
BEGIN
    IF to_regclass('organism.view_daily') IS NULL THEN
        CREATE MATERIALIZED VIEW organism.view_daily WITH (timescaledb.continuous) AS
            SELECT time_bucket(interval '1 day', at) AS day, key, metric, entity, avg(value) AS value, count(*) AS readings
            FROM organism.view_reading GROUP BY 1, key, metric, entity WITH NO DATA;
        PERFORM add_continuous_aggregate_policy('organism.view_daily', start_offset => interval '7 days',
            end_offset => interval '1 hour', schedule_interval => interval '1 hour');
    END IF;
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE 'there is no daily aggregate: %', SQLERRM;
END $$;

-- Effects over all people, by the week in which they were concluded (weeks begin on Mondays, in UTC).
DO $$
BEGIN
    IF to_regclass('organism.effect_weekly') IS NULL THEN
        CREATE MATERIALIZED VIEW organism.effect_weekly WITH (timescaledb.continuous) AS
            SELECT time_bucket(interval '7 days', at) AS week, outcome, treatment, avg(effect) AS effect,
                avg(ci_lo) AS ci_lo, avg(ci_hi) AS ci_hi, count(effect) AS shown,
                count(*) FILTER (WHERE verdict = 'supported') AS supported, count(*) AS readings
            FROM organism.effect_reading GROUP BY 1, outcome, treatment WITH NO DATA;
        PERFORM add_continuous_aggregate_policy('organism.effect_weekly', start_offset => interval '28 days',
            end_offset => interval '1 hour', schedule_interval => interval '1 hour');
    END IF;
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE 'there is no weekly aggregate: %', SQLERRM;
END $$;
