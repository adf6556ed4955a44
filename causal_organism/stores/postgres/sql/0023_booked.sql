-- When somebody was booked, by kind and week of its beginning: sums per tie cannot tell that two bookings are at the same
-- time. Adding a booking again changes nothing. It outlives single interactions, like sums of weeks.
CREATE TABLE organism.booked_week (
    week       date           NOT NULL,          -- Monday of the ISO week, UTC
    person     integer        NOT NULL,          -- whom the interactions were with
    kind       integer        NOT NULL,
    booked     int8multirange NOT NULL,          -- microseconds since 1970
    untimed_us numeric        NOT NULL DEFAULT 0, -- of bookings that were no longer kept when this table was made
    PRIMARY KEY (week, person, kind)
) WITH (fillfactor = 80);

INSERT INTO organism.booked_week (week, person, kind, booked, untimed_us)
WITH timed AS (
    SELECT date_trunc('week', to_timestamp(at_us / 1000000) AT TIME ZONE 'UTC')::date AS week, target, kind, at_us,
        round(duration_s::numeric * 1000000) AS us
    FROM organism.interaction WHERE duration_s > 0
), kept AS (
    SELECT week, target, kind, sum(us) AS us,
        range_agg(int8range(at_us, at_us + least(us, 604800000000)::bigint)) AS booked
    FROM timed GROUP BY week, target, kind
), every AS (
    SELECT week, target, kind, sum(duration_us) AS us FROM organism.tie_week
    GROUP BY week, target, kind HAVING sum(duration_us) > 0
)
SELECT week, target, kind, coalesce(booked, '{}'), greatest(every.us - coalesce(kept.us, 0), 0)
FROM every LEFT JOIN kept USING (week, target, kind);
