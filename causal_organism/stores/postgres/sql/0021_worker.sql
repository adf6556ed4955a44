-- Who makes assets does not decide, also where there are no other roles, as in a home whose worker has its own login.
CREATE FUNCTION organism.is_worker() RETURNS boolean LANGUAGE sql STABLE AS
$$
    SELECT NOT organism.is_service()
        AND coalesce(pg_has_role(session_user, to_regrole('organism_worker')::oid, 'USAGE'), false)
$$;

CREATE OR REPLACE FUNCTION organism.may(role text) RETURNS boolean LANGUAGE sql STABLE AS
$$
    SELECT NOT (organism.has_roles() OR organism.is_worker())
        OR coalesce(pg_has_role(session_user, to_regrole(role)::oid, 'MEMBER'), false)
$$;
