-- What is asked for often costs the same after years: the rest of the history is not looked at.

-- How long an asset takes goes into every plan: from the index alone, without the rows of its steps.
CREATE INDEX step_lasted ON organism.step (key, at DESC) INCLUDE (seconds)
    WHERE seconds IS NOT NULL AND outcome IN ('made', 'unchanged');
DROP INDEX organism.step_recent;

-- Retention looks at what is kept, which a policy bounds; the record of what is not is never removed.
CREATE INDEX version_kept ON organism.version (key, partition, number DESC) WHERE kept;
