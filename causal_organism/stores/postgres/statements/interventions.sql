-- Proposals, and what was done with them.

-- name: state
SELECT id, status, proposal,
    (SELECT actor FROM organism.intervention_event e WHERE e.intervention = i.id ORDER BY e.id DESC LIMIT 1),
    changed_at
FROM organism.intervention i

-- name: put
INSERT INTO organism.intervention AS known (id, proposal, status, run, proposed_at, changed_at)
VALUES (%(id)s, %(proposal)s, %(status)s, %(run)s, %(at)s, %(at)s)
ON CONFLICT (id) DO UPDATE SET proposal = excluded.proposal, status = excluded.status, run = excluded.run,
    proposed_at = CASE WHEN known.status = excluded.status THEN known.proposed_at ELSE excluded.proposed_at END,
    changed_at = excluded.changed_at

-- name: all
SELECT id, proposal, status, proposed_at, changed_at, run,
    (SELECT jsonb_agg(jsonb_build_object('at', e.at, 'action', e.action, 'was', e.was, 'now', e.now,
        'actor', e.actor, 'detail', e.detail) ORDER BY e.id)
     FROM organism.intervention_event e WHERE e.intervention = i.id)
FROM organism.intervention i ORDER BY proposal -> 'rank' NULLS LAST, id

-- name: note
INSERT INTO organism.intervention_event (intervention, at, action, was, now, actor, detail)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
