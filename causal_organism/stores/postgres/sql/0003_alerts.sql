-- Alerts that were sent: one per failure and channel, however often the failure is noticed.

CREATE TABLE organism.alert (
    dedup_key text        NOT NULL,
    channel   text        NOT NULL,
    at        timestamptz NOT NULL DEFAULT now(),
    title     text        NOT NULL,
    PRIMARY KEY (dedup_key, channel)
);
