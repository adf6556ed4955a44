"""Which files were looked at: while they stand as they did, nothing of them need be read again."""

from __future__ import annotations

from pathlib import Path

Stamp = tuple[int, int, int] | None
"""Time of the last change, size and inode; None: there is no such file."""


class FileStamps:
    """Each file as it stood before it was read; one that was looked for in vain counts too."""

    def __init__(self) -> None:
        self._seen: dict[Path, Stamp] = {}

    def note(self, *paths: Path) -> None:
        """Of paths that were noted before, the first look counts."""
        for path in paths:
            if path not in self._seen:
                self._seen[path] = _stamp(path)

    def hold(self) -> bool:
        """Whether every file stands as it did. Cost: one look at each, without reading any."""
        return all(_stamp(path) == seen for path, seen in self._seen.items())


def _stamp(path: Path) -> Stamp:
    try:
        about = path.stat()
    except OSError:
        return None
    return (about.st_mtime_ns, about.st_size, about.st_ino)
