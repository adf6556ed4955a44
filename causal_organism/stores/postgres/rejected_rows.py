"""The ledger's statements about values that a blocking check rejected."""

from __future__ import annotations

import json
from typing import Any, LiteralString

from causal_organism.assets.contents import document_of
from causal_organism.assets.versions import Attempt, Version
from causal_organism.stores.postgres.ledger_rows import attempt_parameters, checks_json
from causal_organism.stores.postgres.ledger_statements import SET_ATTEMPT

# Whether the run was cancelled is asked once, for the attempt; without that nothing is kept.
REJECT: LiteralString = (
    f"WITH noted AS ({SET_ATTEMPT} RETURNING key) INSERT INTO organism.rejected (key, partition, fingerprint, at, run, "
    "actor, trigger, code_version, inputs, value, metadata, checks) SELECT %(key)s, %(partition)s, %(fingerprint)s, "
    "%(at)s, %(run)s, %(actor)s, %(trigger)s, %(code_version)s, %(inputs)s, %(value)s, %(metadata)s, %(checks)s "
    "FROM noted"
)
REJECTED: LiteralString = (
    "SELECT r.key, r.partition, 0, r.fingerprint, r.at, r.run, r.actor, r.trigger, r.code_version, r.inputs, r.value, "
    "nullif(r.metadata, '{}'), nullif(r.checks, '[]'), r.kept, false, NULL::jsonb FROM organism.rejected r "
    "WHERE r.key = %s AND r.partition = %s ORDER BY r.id DESC LIMIT %s"
)
# Of what is kept, a place has few, whatever its history.
_OLD: LiteralString = (
    "SELECT id, key, partition FROM (SELECT id, key, partition, row_number() OVER (PARTITION BY key, partition "
    "ORDER BY id DESC) AS place FROM organism.rejected WHERE kept AND key = ANY(%(keys)s)) r WHERE place > %(last)s"
)
OLD_REJECTED: LiteralString = f"SELECT key, partition, count(*) FROM ({_OLD}) o GROUP BY key, partition"
RETIRE_REJECTED: LiteralString = (
    f"WITH o AS ({_OLD}), gone AS (UPDATE organism.rejected r SET kept = false FROM o WHERE r.id = o.id "
    "RETURNING r.key, r.partition) SELECT key, partition, count(*) FROM gone GROUP BY key, partition"
)


def rejected_parameters(key: str, partition: str, attempt: Attempt, rejected: Version) -> dict[str, Any]:
    return {
        **attempt_parameters(key, partition, attempt),
        "fingerprint": rejected.fingerprint,
        "actor": rejected.actor,
        "trigger": rejected.trigger,
        "value": json.dumps(document_of(rejected.content, rejected.fingerprint)),
        "metadata": json.dumps(dict(rejected.metadata)),
        "checks": checks_json(rejected.checks),
    }
