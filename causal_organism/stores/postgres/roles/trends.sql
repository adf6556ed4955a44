-- What roles may do with trends, which are made with the readings, before or after the roles. Repeating it changes nothing.
-- To be run by who owns them. `view_daily` tells of single people, `effect_weekly` of all of them together.
DO $$
DECLARE
    role text;
BEGIN
    IF to_regclass('organism.view_daily') IS NULL THEN
        RETURN;
    END IF;
    FOREACH role IN ARRAY ARRAY['organism_reader', 'organism_analyst', 'organism_operator', 'organism_approver',
                                'organism_worker'] LOOP
        IF to_regrole(role) IS NOT NULL THEN
            EXECUTE format('REVOKE ALL ON organism.view_daily, organism.effect_weekly FROM %I', role);
            EXECUTE format('GRANT SELECT ON organism.effect_weekly TO %I', role);
        END IF;
        IF to_regrole(role) IS NOT NULL AND role <> 'organism_reader' THEN
            EXECUTE format('GRANT SELECT ON organism.view_daily TO %I', role);
        END IF;
    END LOOP;
END $$;
