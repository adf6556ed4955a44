-- Each row of the log names who was logged in, and is chained to the row before it: whoever changes one, or takes one
-- out of the middle, breaks every digest after it. The database does this, whatever the client says.

-- A part with its length before it, so that no two rows read alike.
CREATE FUNCTION organism.measured(part text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT octet_length(part) || ':' || part $$;

CREATE FUNCTION organism.audit_digest(
    previous bytea, number bigint, at timestamptz, session text, actor text, action text, subject text, detail jsonb
) RETURNS bytea LANGUAGE sql IMMUTABLE AS
$$
    SELECT sha256(coalesce(previous, ''::bytea) || convert_to(
        organism.measured(number::text)
        || organism.measured((extract(epoch FROM at) * 1000000)::bigint::text)
        || organism.measured(session) || organism.measured(actor) || organism.measured(action)
        || organism.measured(subject) || organism.measured(detail::text),
        'UTF8'))
$$;

ALTER TABLE organism.audit ADD COLUMN number bigint;
ALTER TABLE organism.audit ADD COLUMN session text;
ALTER TABLE organism.audit ADD COLUMN previous bytea;
ALTER TABLE organism.audit ADD COLUMN digest bytea;

-- Rows of before are chained as they stand; who was logged in then is not known.
ALTER TABLE organism.audit DISABLE TRIGGER audit_append_only;
DO $$
DECLARE
    row record;
    last bytea := NULL;
    place bigint := 0;
BEGIN
    FOR row IN SELECT * FROM organism.audit ORDER BY id LOOP
        place := place + 1;
        UPDATE organism.audit AS a SET
            number = place, session = '', previous = last,
            digest = organism.audit_digest(last, place, row.at, '', row.actor, row.action, row.subject, row.detail)
        WHERE a.id = row.id RETURNING a.digest INTO last;
    END LOOP;
END $$;
ALTER TABLE organism.audit ENABLE TRIGGER audit_append_only;

ALTER TABLE organism.audit ALTER COLUMN number SET NOT NULL;
ALTER TABLE organism.audit ALTER COLUMN session SET NOT NULL;
ALTER TABLE organism.audit ALTER COLUMN digest SET NOT NULL;
CREATE UNIQUE INDEX audit_number ON organism.audit (number);

CREATE FUNCTION organism.chain_audit() RETURNS trigger LANGUAGE plpgsql AS
$$
DECLARE
    last record;
BEGIN
    PERFORM pg_advisory_xact_lock(7203451119);
    SELECT a.number, a.digest INTO last FROM organism.audit a ORDER BY a.number DESC LIMIT 1;
    NEW.number := coalesce(last.number, 0) + 1;
    NEW.session := session_user;
    NEW.previous := last.digest;
    NEW.digest := organism.audit_digest(
        NEW.previous, NEW.number, NEW.at, NEW.session, NEW.actor, NEW.action, NEW.subject, NEW.detail);
    RETURN NEW;
END
$$;

CREATE TRIGGER audit_chained BEFORE INSERT ON organism.audit
    FOR EACH ROW EXECUTE FUNCTION organism.chain_audit();
