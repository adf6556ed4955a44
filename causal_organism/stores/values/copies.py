"""Large content for a backup: which files hold it, as they are."""

from __future__ import annotations

from collections.abc import Collection

from causal_organism.assets.contents import Stored
from causal_organism.stores.values.files import Files
from causal_organism.stores.values.store import files_of, is_there


class FileCopies:
    """ports.FilesBackup in a folder or an object store."""

    def __init__(self, files: Files):
        self._files = files

    def needed(self, contents: Collection[Stored]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        files = {file for content in contents for file in files_of(content)}
        sizes = self._files.sizes(sorted(files)) if files else {}
        missing = {content.name for content in contents if not is_there(content, sizes)}
        return tuple(sorted(sizes)), tuple(sorted(missing))

    def read(self, name: str) -> bytes:
        return self._files.read(name)

    def write(self, name: str, body: bytes) -> None:
        self._files.write(name, body)
