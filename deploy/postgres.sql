-- Run once by the image of PostgreSQL, as its superuser, when its folder is empty: two owners, of a database each, that are
-- no superusers and have nothing of each other. For a server of your own: SECRETS=deploy/secrets psql --file deploy/postgres.sql
\set ON_ERROR_STOP on
\set owner_password `cat "${SECRETS:-/run/secrets}/postgres_owner_password"`
\set prefect_password `cat "${SECRETS:-/run/secrets}/postgres_prefect_password"`

-- May make roles, since `organism deploy setup` makes the login of workers and `organism deploy roles` those of people; and
-- databases, so that a backup can be restored beside.
CREATE ROLE organism LOGIN CREATEDB CREATEROLE PASSWORD :'owner_password';
CREATE DATABASE organism OWNER organism;

CREATE ROLE prefect LOGIN PASSWORD :'prefect_password';
CREATE DATABASE prefect OWNER prefect;
REVOKE CONNECT, TEMPORARY ON DATABASE prefect FROM PUBLIC;

\connect organism
-- Every login may make large objects otherwise, which fill the disk; who only reads too.
REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC;
SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb') AS has_timescaledb \gset
\if :has_timescaledb
CREATE EXTENSION IF NOT EXISTS timescaledb;
\endif
