-- Parts of code versions.

-- name: load
SELECT code_version, parts FROM organism.code_parts WHERE code_version = ANY(%s)

-- name: record
INSERT INTO organism.code_parts (code_version, parts) SELECT * FROM unnest(%s::text[], %s::jsonb[])
ON CONFLICT (code_version) DO NOTHING
