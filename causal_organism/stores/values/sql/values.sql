-- Small content, and what patches stand on.

-- name: heads_in_files
SELECT v.key, v.partition, v.number, v.value, coalesce(v.value->>'content', v.fingerprint)
FROM organism.head h JOIN organism.version v USING (key, partition, number)
WHERE v.value->>'store' = 'file' OR v.value->'root'->>'store' = 'file' ORDER BY v.made_at DESC LIMIT %s

-- name: chain
WITH RECURSIVE chain (fingerprint, base, body, step) AS (
    SELECT fingerprint, base, body, 0 FROM organism.small_value WHERE fingerprint = %s
    UNION ALL
    SELECT v.fingerprint, v.base, v.body, chain.step + 1 FROM chain JOIN organism.small_value v
        ON v.fingerprint = chain.base AND NOT chain.base = ANY(%s)
)
SELECT fingerprint, base, body FROM chain ORDER BY step

-- name: with_bases
WITH RECURSIVE needed (name) AS (
    SELECT unnest(%s::text[])
    UNION
    SELECT v.base FROM needed JOIN organism.small_value v ON v.fingerprint = needed.name WHERE v.base IS NOT NULL
)
SELECT name FROM needed

-- name: small_values
SELECT fingerprint, body FROM organism.small_value WHERE fingerprint = ANY(%s)

-- name: put
WITH {at_once} INSERT INTO organism.small_value (fingerprint, body, base)
    SELECT %s, %s, %s FROM at_once ON CONFLICT (fingerprint) DO UPDATE SET written_at = now()

-- name: sweep
DELETE FROM organism.small_value WHERE written_at < %s AND NOT fingerprint = ANY(%s)
    RETURNING length(body)
