-- The role of processes that make assets: they write everything but the log and its like, which they only add to.
-- Repeating it changes nothing. To be run by the owner of the schema, who may create roles.
DO $$
BEGIN
    IF to_regrole('organism_worker') IS NULL THEN
        CREATE ROLE organism_worker NOLOGIN;
    END IF;
END $$;

GRANT USAGE ON SCHEMA organism TO organism_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA organism TO organism_worker;
REVOKE UPDATE, DELETE ON organism.audit, organism.intervention_event, organism.migration FROM organism_worker;
REVOKE INSERT ON organism.migration FROM organism_worker;
REVOKE INSERT, UPDATE, DELETE ON organism.access FROM organism_worker;
