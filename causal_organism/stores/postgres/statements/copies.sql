-- What is in a database: its tables, what refers to what, and the content that versions name.

-- name: tables
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attgenerated = ''
WHERE c.relnamespace = to_regnamespace('organism') AND c.relkind IN ('r', 'p')
GROUP BY c.relname ORDER BY c.relname

-- name: with_triggers
-- TimescaleDB's own triggers are not to be touched.
SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = 'organism'::regnamespace AND NOT t.tgisinternal AND t.tgname NOT LIKE 'ts_%%'

-- name: references
SELECT child.relname, parent.relname FROM pg_constraint k
JOIN pg_class child ON child.oid = k.conrelid JOIN pg_class parent ON parent.oid = k.confrelid
WHERE k.contype = 'f' AND child.relnamespace = 'organism'::regnamespace

-- name: identities
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attidentity <> ''
WHERE c.relnamespace = 'organism'::regnamespace

-- name: contents
SELECT value, fingerprint FROM organism.version WHERE kept
UNION ALL
SELECT value, fingerprint FROM organism.rejected WHERE kept
UNION ALL
(SELECT DISTINCT ON (name) value, fingerprint FROM organism.import
    ORDER BY name, id DESC)
