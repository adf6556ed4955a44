"""Where the client of an object store will ask, by the URL or by the variables of the store's own tools."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from causal_organism.plaintext import refuse_plaintext


def refuse_plaintext_store(system: Any, *, permitted: Collection[str]) -> None:
    """Raises SettingsError where a file system of pyarrow's sends values to another machine without encryption."""
    refuse_plaintext("ORGANISM_VALUES (or AWS_ENDPOINT_URL)", _address(system), server="values", permitted=permitted)


def _address(system: Any) -> str:
    """pyarrow shows it to who pickles the file system, and nowhere else."""
    found = system.__reduce__()[1][0]
    options = found if isinstance(found, dict) else {}
    scheme = options.get("scheme") or options.get("blob_storage_scheme") or "https"
    host = options.get("endpoint_override") or options.get("blob_storage_authority") or "of.the.provider"
    return host if "://" in host else f"{scheme}://{host}"
