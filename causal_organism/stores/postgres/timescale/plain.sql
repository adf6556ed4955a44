-- The trends that TimescaleDB keeps as continuous aggregates, as plain views of the same columns: where it is not there,
-- or is in an edition without such aggregates. Repeating changes nothing.
CREATE OR REPLACE VIEW organism.effect_weekly AS
    SELECT date_trunc('week', at, 'UTC') AS week, outcome, treatment, avg(effect) AS effect, avg(ci_lo) AS ci_lo,
        avg(ci_hi) AS ci_hi, count(effect) AS shown, count(*) FILTER (WHERE verdict = 'supported') AS supported,
        count(*) AS readings
    FROM organism.effect_reading GROUP BY 1, outcome, treatment;
CREATE OR REPLACE VIEW organism.view_daily AS
    SELECT date_trunc('day', at, 'UTC') AS day, key, metric, entity, avg(value) AS value, count(*) AS readings
    FROM organism.view_reading GROUP BY 1, key, metric, entity;
