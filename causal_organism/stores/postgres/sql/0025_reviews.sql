-- Which content of a study somebody reviewed stands among the facts, under names of its own. An approver writes it, or the
-- owner of the schema, and no worker and no operator; a review stays as it was, with the login and the moment that the
-- server knows. An approver writes no other fact.
CREATE FUNCTION organism.guard_fact() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS
$$
DECLARE
    names text[] := ARRAY[NEW.name, OLD.name];  -- one of them is null, but in an update
    is_review boolean := EXISTS (SELECT FROM unnest(names) n WHERE starts_with(n, 'study-review:'));
    is_file boolean := EXISTS (SELECT FROM unnest(names) n WHERE starts_with(n, 'study-file:'));
BEGIN
    IF NOT (is_review OR is_file) THEN
        IF NOT (organism.is_service() OR organism.may('organism_operator') OR organism.may('organism_worker')) THEN
            RAISE insufficient_privilege USING MESSAGE = 'facts about operations need the role organism_operator';
        END IF;
    ELSIF NOT (organism.is_service() OR organism.may('organism_approver')) THEN
        RAISE insufficient_privilege USING MESSAGE = 'reviewing a study needs the role organism_approver';
    ELSIF TG_OP = 'DELETE' OR is_review AND (TG_OP <> 'INSERT' OR is_file) THEN
        RAISE insufficient_privilege USING MESSAGE = 'a review of a study stays as it was';
    ELSIF is_review THEN
        IF NEW.value ->> 'fingerprint' IS DISTINCT FROM
            left(encode(sha256(convert_to(NEW.value ->> 'text', 'UTF8')), 'hex'), 16)
            OR NEW.name IS DISTINCT FROM 'study-review:' || (NEW.value ->> 'fingerprint')
        THEN
            RAISE insufficient_privilege USING MESSAGE = 'a review stands under the fingerprint of what was reviewed';
        END IF;
        NEW.value := NEW.value || jsonb_build_object('session', session_user);
        IF NOT organism.is_service() THEN
            NEW.value := NEW.value || jsonb_build_object('at',
                to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'));
        END IF;
    ELSE  -- what was reviewed last of a file is one of the reviews
        SELECT f.value INTO NEW.value FROM organism.fact f
            WHERE f.name = 'study-review:' || (NEW.value ->> 'fingerprint');
        IF NEW.value IS NULL THEN
            RAISE insufficient_privilege USING MESSAGE = 'nobody has reviewed this content';
        END IF;
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;

CREATE TRIGGER fact_guarded BEFORE INSERT OR UPDATE OR DELETE ON organism.fact
    FOR EACH ROW EXECUTE FUNCTION organism.guard_fact();
