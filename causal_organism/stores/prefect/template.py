"""The template from which a process pool makes the process of a run."""

from __future__ import annotations

import json
from importlib.resources import files

from causal_organism.stores.prefect.documents import Row


def process_template() -> Row:
    """The base job template of a process pool, as Prefect 3.8 has it.

    Shipped, because a Prefect server answers its own view of templates from the Internet.
    """
    text = files("causal_organism.stores.prefect").joinpath("process_pool.json").read_text("utf-8")
    template: Row = json.loads(text)
    return template


def template_differences(found: Row) -> tuple[str, ...]:
    """What a pool's template gives its runs otherwise than ours: names of the job's fields, sorted.

    A worker that makes its pool writes the same template with other types, so only what reaches a run is compared.
    """
    ours = process_template()
    wanted, given = ours["job_configuration"], found.get("job_configuration") or {}
    names = {name for name in {*wanted, *given} if wanted.get(name) != given.get(name)}
    defaults, others = _defaults(ours), _defaults(found)
    return tuple(sorted(names | {name for name in {*defaults, *others} if defaults.get(name) != others.get(name)}))


def _defaults(template: Row) -> Row:
    properties = (template.get("variables") or {}).get("properties") or {}
    return {name: each["default"] for name, each in properties.items() if each.get("default") is not None}
