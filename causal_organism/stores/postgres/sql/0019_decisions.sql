-- Who decided is what the server knows. Where `organism deploy roles` was applied to this database, only an approver decides, and
-- who approved a proposal does not start it; without them there is one login, and nothing to tell apart.

ALTER TABLE organism.intervention_event ADD COLUMN session text NOT NULL DEFAULT '';

-- Roles are the server's, and it may have them for another database: here they count once they may look into ours.
CREATE FUNCTION organism.has_roles() RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT coalesce(has_schema_privilege(to_regrole('organism_reader')::oid, 'organism', 'USAGE'), false) $$;

CREATE FUNCTION organism.may(role text) RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT NOT organism.has_roles() OR pg_has_role(session_user, role, 'MEMBER') $$;

CREATE FUNCTION organism.guard_decision() RETURNS trigger LANGUAGE plpgsql AS
$$
DECLARE
    approved_by text;
BEGIN
    NEW.session := session_user;
    IF NEW.actor = 'engine' THEN
        IF NOT (organism.may('organism_worker') OR organism.may('organism_operator')) THEN
            RAISE insufficient_privilege USING MESSAGE = 'proposing needs the role organism_worker';
        END IF;
        RETURN NEW;
    END IF;
    IF NOT organism.may('organism_approver') THEN
        RAISE insufficient_privilege USING MESSAGE = 'deciding about interventions needs the role organism_approver';
    END IF;
    IF NEW.action = 'start' AND organism.has_roles() THEN
        SELECT e.session INTO approved_by FROM organism.intervention_event e
            WHERE e.intervention = NEW.intervention AND e.action = 'approve' ORDER BY e.id DESC LIMIT 1;
        IF approved_by = session_user THEN
            RAISE insufficient_privilege USING MESSAGE = 'who approved an intervention does not start it: another approver has to';
        END IF;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER intervention_event_guarded BEFORE INSERT ON organism.intervention_event
    FOR EACH ROW EXECUTE FUNCTION organism.guard_decision();
