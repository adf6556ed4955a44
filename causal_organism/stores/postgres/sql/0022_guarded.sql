-- What guards the log and decisions holds whatever a client's session looks like, and whatever it says of itself.

-- What may happen to a proposal, and who may do it: interventions/lifecycle.py has the same, and a test compares them.
-- `was` is null where it was not there; `who` is person or engine.
CREATE FUNCTION organism.decision_steps() RETURNS TABLE (was text, action text, now text, who text)
LANGUAGE sql IMMUTABLE AS
$$
    VALUES
        (NULL::text, 'propose', 'proposed', 'engine'),
        ('proposed', 'approve', 'approved', 'person'),
        ('proposed', 'reject', 'rejected', 'person'),
        ('proposed', 'withdraw', 'withdrawn', 'engine'),
        ('proposed', 'expire', 'expired', 'engine'),
        ('withdrawn', 'propose', 'proposed', 'engine'),
        ('expired', 'propose', 'proposed', 'engine'),
        ('rejected', 'propose', 'proposed', 'engine'),
        ('rejected', 'withdraw', 'proposed', 'person'),
        ('approved', 'start', 'started', 'person'),
        ('approved', 'withdraw', 'withdrawn', 'person'),
        ('approved', 'expire', 'expired', 'engine'),
        ('started', 'finish', 'finished', 'person'),
        ('started', 'stop', 'stopped', 'person'),
        ('finished', 'evaluate', 'evaluated', 'engine'),
        ('stopped', 'evaluate', 'evaluated', 'engine')
$$;

CREATE OR REPLACE FUNCTION organism.guard_decision() RETURNS trigger LANGUAGE plpgsql AS
$$
DECLARE
    stands text;
    found_who text;
    approved_by text;
BEGIN
    PERFORM pg_advisory_xact_lock(7203451121);  -- one after another, so that the last event is the last
    SELECT coalesce(max(e.id), 0) + 1 INTO NEW.id FROM organism.intervention_event e;
    SELECT e.now INTO stands FROM organism.intervention_event e
        WHERE e.intervention = NEW.intervention ORDER BY e.id DESC LIMIT 1;
    SELECT s.who INTO found_who FROM organism.decision_steps() s
        WHERE s.was IS NOT DISTINCT FROM stands AND s.action = NEW.action AND s.now = NEW.now;
    IF found_who IS NULL OR NEW.was IS DISTINCT FROM stands OR (found_who = 'engine') <> (NEW.actor = 'engine') THEN
        RAISE insufficient_privilege USING MESSAGE = format(
            'an intervention that is %s cannot become %s by the action %s of %s',
            coalesce(stands, 'new'), NEW.now, NEW.action, NEW.actor);
    END IF;
    NEW.session := session_user;
    IF NOT organism.is_service() THEN
        NEW.at := clock_timestamp();
    END IF;
    IF found_who = 'engine' THEN
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

-- A status is what the last event says, and what somebody acted on stays as it was.
CREATE FUNCTION organism.guard_status() RETURNS trigger LANGUAGE plpgsql AS
$$
DECLARE
    asked text := CASE TG_TABLE_NAME WHEN 'intervention' THEN to_jsonb(NEW) ->> 'id' ELSE to_jsonb(NEW) ->> 'intervention' END;
    stands text;
    last text;
BEGIN
    SELECT i.status INTO stands FROM organism.intervention i WHERE i.id = asked;
    SELECT e.now INTO last FROM organism.intervention_event e WHERE e.intervention = asked ORDER BY e.id DESC LIMIT 1;
    IF stands IS DISTINCT FROM last THEN
        RAISE insufficient_privilege USING MESSAGE = format(
            'the status of an intervention is that of its last event, %s, and not %s', coalesce(last, 'none'), stands);
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER intervention_as_its_events AFTER INSERT OR UPDATE ON organism.intervention
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION organism.guard_status();
CREATE CONSTRAINT TRIGGER intervention_event_as_its_row AFTER INSERT ON organism.intervention_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION organism.guard_status();

CREATE FUNCTION organism.guard_proposal() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    IF OLD.status <> 'proposed' AND NEW.status <> 'proposed' AND NEW.proposal IS DISTINCT FROM OLD.proposal
        OR OLD.status <> 'proposed' AND NEW.status = OLD.status AND NEW IS DISTINCT FROM OLD
    THEN
        RAISE insufficient_privilege USING MESSAGE = 'what somebody acted on stays as it was proposed';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER intervention_stays BEFORE UPDATE ON organism.intervention
    FOR EACH ROW EXECUTE FUNCTION organism.guard_proposal();

-- The moment of a row of the log is the database's too, for whoever does not own it; so is its place.
CREATE OR REPLACE FUNCTION organism.chain_audit() RETURNS trigger LANGUAGE plpgsql AS
$$
DECLARE
    last record;
BEGIN
    PERFORM pg_advisory_xact_lock(7203451119);
    SELECT a.number, a.digest, a.id INTO last FROM organism.audit a ORDER BY a.number DESC LIMIT 1;
    IF NOT organism.is_service() THEN
        NEW.at := clock_timestamp();
    END IF;
    NEW.id := coalesce(last.id, 0) + 1;
    NEW.number := coalesce(last.number, 0) + 1;
    NEW.session := session_user;
    NEW.previous := last.digest;
    NEW.digest := organism.audit_digest(
        NEW.previous, NEW.number, NEW.at, NEW.session, NEW.actor, NEW.action, NEW.subject, NEW.detail);
    RETURN NEW;
END
$$;

-- A session's own temporary tables and types come before the catalog's, unless a function says where it looks.
DO $$
DECLARE
    each regprocedure;
BEGIN
    FOR each IN SELECT oid FROM pg_proc WHERE pronamespace = 'organism'::regnamespace LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp', each);
    END LOOP;
END $$;
