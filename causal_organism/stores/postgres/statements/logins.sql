-- Logins and the roles that they have.

-- name: held_roles
SELECT session_user, organism.has_roles(), organism.is_service(), ARRAY(SELECT r FROM unnest(%s::text[]) r
    WHERE to_regrole(r) IS NOT NULL AND pg_has_role(session_user, to_regrole(r)::oid, 'MEMBER'))

-- name: logins
SELECT member.rolname, role.rolname FROM pg_auth_members m
    JOIN pg_roles role ON role.oid = m.roleid JOIN pg_roles member ON member.oid = m.member
    WHERE role.rolname = ANY(%s) AND member.rolcanlogin
    AND member.oid <> (SELECT nspowner FROM pg_namespace WHERE nspname = 'organism') ORDER BY 1, 2

-- name: present_grants
SELECT coalesce(bool_or(grantee = to_regrole('organism_reader')::oid), false),
    coalesce(bool_or(grantee = to_regrole('organism_worker')::oid), false)
    FROM pg_namespace, aclexplode(nspacl) WHERE nspname = 'organism'
