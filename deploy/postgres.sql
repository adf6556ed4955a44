-- Run once by the image of PostgreSQL, as its superuser, when its folder is empty: two owners, of a database each, that are
-- no superusers and have nothing of each other. For a server of your own: psql --file deploy/postgres.sql, with the same variables.
\set ON_ERROR_STOP on
\getenv owner_password POSTGRES_OWNER_PASSWORD
\getenv prefect_password POSTGRES_PREFECT_PASSWORD

-- May make roles, since `organism deploy setup` makes the login of workers, and `organism deploy roles` those of people.
CREATE ROLE organism LOGIN CREATEROLE PASSWORD :'owner_password';
CREATE DATABASE organism OWNER organism;

CREATE ROLE prefect LOGIN PASSWORD :'prefect_password';
CREATE DATABASE prefect OWNER prefect;
REVOKE CONNECT, TEMPORARY ON DATABASE prefect FROM PUBLIC;

\connect organism
SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb') AS has_timescaledb \gset
\if :has_timescaledb
CREATE EXTENSION IF NOT EXISTS timescaledb;
\endif
