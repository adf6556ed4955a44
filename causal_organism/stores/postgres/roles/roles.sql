-- The roles of Causal Organism in PostgreSQL. Repeating it changes nothing. To be run by the owner of the schema, who
-- may create roles. People and processes get logins of their own, and one of these: GRANT organism_operator TO ana;

DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['organism_reader', 'organism_analyst', 'organism_operator', 'organism_approver',
                                'organism_worker'] LOOP
        IF to_regrole(role) IS NULL THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role);
        END IF;
    END LOOP;
END $$;

REVOKE ALL ON SCHEMA organism FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA organism
    FROM organism_reader, organism_analyst, organism_operator, organism_approver, organism_worker;

-- Everybody below sees what a reader sees.
GRANT USAGE ON SCHEMA organism TO organism_reader;
GRANT organism_reader TO organism_analyst, organism_operator, organism_approver, organism_worker;

-- A reader sees operations and groups: no single person, no interaction, no value of an asset.
GRANT SELECT ON ALL TABLES IN SCHEMA organism TO organism_reader;
REVOKE SELECT ON organism.person, organism.interaction, organism.sender_id, organism.tie, organism.tie_week,
    organism.booked_week, organism.batch, organism.refusal, organism.small_value, organism.effect_reading, organism.view_reading
    FROM organism_reader;

-- An analyst and an operator read all of it.
GRANT SELECT ON ALL TABLES IN SCHEMA organism TO organism_analyst, organism_operator;

-- An operator writes everything but the log, which they only add to, and decisions, which a trigger guards.
GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA organism TO organism_operator;
REVOKE UPDATE, DELETE ON organism.audit, organism.intervention_event, organism.migration FROM organism_operator;
REVOKE INSERT ON organism.migration FROM organism_operator;
REVOKE INSERT, UPDATE, DELETE ON organism.access FROM organism_operator;

-- An approver sees what there is to decide on, people included, decides, and does nothing else.
GRANT organism_analyst TO organism_approver;
GRANT UPDATE ON organism.intervention TO organism_approver;
GRANT INSERT ON organism.intervention_event, organism.audit TO organism_approver;
GRANT INSERT, UPDATE ON organism.fact TO organism_approver;  -- reviews of studies alone, as a trigger sees to

-- Tables of later versions: whoever owns the schema runs this again after an upgrade.
