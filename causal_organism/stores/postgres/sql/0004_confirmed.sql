-- What gave the content of a version last, where that was a later make than its own: a version that is restored is judged
-- by it, as it was when it was head.
ALTER TABLE organism.version ADD COLUMN confirmed jsonb;  -- {"code_version": "…", "inputs": {…}}

UPDATE organism.version v SET confirmed = jsonb_build_object('code_version', h.code_version, 'inputs', h.inputs)
FROM organism.head h
WHERE h.key = v.key AND h.partition = v.partition AND h.number = v.number
    AND (h.code_version, h.inputs) IS DISTINCT FROM (v.code_version, v.inputs);
