-- Runs that somebody asked to stop. From then on nothing of them is published, until they are run again.
CREATE TABLE organism.cancellation (
    run   text        PRIMARY KEY,                -- known to the ledger or not yet
    at    timestamptz NOT NULL,
    actor text        NOT NULL
);

-- Volatile: a publication that had to wait for its lease's row sees what was asked meanwhile.
CREATE FUNCTION organism.is_cancelled(asked text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS
$$ BEGIN RETURN EXISTS (SELECT FROM organism.cancellation WHERE run = asked); END $$;
