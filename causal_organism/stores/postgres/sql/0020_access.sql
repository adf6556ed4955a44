-- What each person needs to find the other servers of a home, secrets included: each login sees its own rows alone.
CREATE TABLE organism.access (
    login text NOT NULL,
    variable text NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (login, variable)
);
ALTER TABLE organism.access ENABLE ROW LEVEL SECURITY;
CREATE POLICY access_of_oneself ON organism.access FOR SELECT USING (login = session_user);

-- Where there are roles, the owner of the schema is an account of the installation: it may trigger, and does not decide.
CREATE FUNCTION organism.is_service() RETURNS boolean LANGUAGE sql STABLE AS
$$
    SELECT r.rolsuper OR n.nspowner = r.oid FROM pg_roles r, pg_namespace n
    WHERE r.rolname = session_user AND n.nspname = 'organism'
$$;

CREATE OR REPLACE FUNCTION organism.guard_decision() RETURNS trigger LANGUAGE plpgsql AS
$$
DECLARE
    approved_by text;
BEGIN
    NEW.session := session_user;
    IF NEW.actor = 'engine' THEN
        IF NOT (organism.is_service() OR organism.may('organism_worker') OR organism.may('organism_operator')) THEN
            RAISE insufficient_privilege USING MESSAGE = 'proposing needs the role organism_worker';
        END IF;
        RETURN NEW;
    END IF;
    IF organism.has_roles() AND organism.is_service() THEN
        RAISE insufficient_privilege USING MESSAGE =
            'the owner of the database does not decide about interventions: it takes a login of somebody''s own';
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
