"""Small content in PostgreSQL, and what patches stand on."""

CHAIN = """
    WITH RECURSIVE chain (fingerprint, base, body, step) AS (
        SELECT fingerprint, base, body, 0 FROM organism.small_value WHERE fingerprint = %s
        UNION ALL
        SELECT v.fingerprint, v.base, v.body, chain.step + 1 FROM chain JOIN organism.small_value v
            ON v.fingerprint = chain.base AND NOT chain.base = ANY(%s)
    )
    SELECT fingerprint, base, body FROM chain ORDER BY step
"""

WITH_BASES = """
    WITH RECURSIVE needed (name) AS (
        SELECT unnest(%s::text[])
        UNION
        SELECT v.base FROM needed JOIN organism.small_value v ON v.fingerprint = needed.name WHERE v.base IS NOT NULL
    )
    SELECT name FROM needed
"""

SMALL_VALUES = "SELECT fingerprint, body FROM organism.small_value WHERE fingerprint = ANY(%s)"
