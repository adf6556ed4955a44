"""Heavy views in slices: shared out, stored as they are done, put together in a fixed order.

The folder that they wait in is of one asset and its code version (see engine/unfinished.py), so what one code began no
other goes on with. Beside that they are named by the code that does them: an asset of another package, whose code
version says nothing of this one, may have its work done here.

A slice is a part of one fixed order of all people. Its numbers go to a file of their own, written under another name
and renamed, so doing a slice again changes nothing and what was done outlives its process. `Sources`: sums over sources
are added from the first slice on. `rows.Rows`: numbers of each person, which stand behind each other. So the numbers
are the same, bit for bit, whoever did the slices and however often they were stopped.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path

import numpy as np

from causal_organism.errors import StoreError
from causal_organism.network.snapshot import Snapshot
from causal_organism.sharing import snapshot_files
from causal_organism.sharing.mappers import Mapper
from causal_organism.views.kernels.brandes import Sums, order
from causal_organism.views.scores import Idx
from causal_organism.views.share import PersonKernel, SourceKernel, sources_in_seconds

_MOST = 128
"""Sources of a slice. A power of two, as every size is."""
_FOLDED = 16
"""After so many slices their sum is stored, and their files go."""
_NETWORK = "network"
_COMPUTING = ("network", "views", "sharing")
GIVEN = "given"
_DIGEST = 32

Progress = Callable[[int, int], None]


def quiet(_done: int, _total: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Slice:
    """Work that can be done wherever `folder` is seen: people `first` to `last`, for sources of the fixed order."""

    folder: Path
    kernel: PersonKernel | SourceKernel
    code: str
    first: int
    last: int
    numbers: int  # that its file holds
    network: Snapshot | None = field(default=None, compare=False, repr=False)  # for those who share memory
    given: Idx | None = field(default=None, compare=False, repr=False)  # the same

    @property
    def file(self) -> Path:
        return self.folder / f"{self.first:012d}-{self.last:012d}.sums"


@dataclass(frozen=True, slots=True, eq=False)
class Summed:
    """Sums over `sources`, and how many slices were not stored yet."""

    sums: Sums
    sources: Idx
    computed: int


class Sources:
    """The slices of one network and one kernel, in a folder of their own under `root`.

    Slices of the same kernel for another network or by other code are removed: nobody will ask for them.
    """

    def __init__(self, root: Path, kernel: SourceKernel, network: Snapshot, *, size: int | None = None):
        self._network, self._kernel = network, kernel
        self._size = size or size_of(network)
        self._folder = own_folder(root, kernel.name, network, self._size)

    @property
    def stored(self) -> int:
        """How many sources, from the first on, have their sums in files."""
        end, _ = self._running()
        lasts = dict(sorted(_range_of(file) for file in self._folder.glob("*-*.sums")))
        while lasts.get(end, 0) > end:
            end = lasts[end]
        return end

    def sum(self, wanted: int, mapper: Mapper, progress: Progress = quiet) -> Summed:
        """Sums over the first `wanted` sources, or over as many as are stored in one sum already, if those are more."""
        self._folder.mkdir(parents=True, exist_ok=True)
        begin, sums = self._running()
        wanted = max(begin, wanted)
        slices = self._between(begin, wanted, mapper)
        missing = missing_of(slices)
        for at, (each, new) in enumerate(in_order(slices, missing, mapper, self._network), 1):
            sums = sums + new
            self._fold(slices, at, sums)
            progress(each.last, wanted)
        return Summed(sums, order(self._network)[:wanted], len(missing))

    def _between(self, begin: int, end: int, mapper: Mapper) -> list[Slice]:
        network, size, people = self._network if mapper.shares_memory else None, self._size, self._network.people
        return [
            Slice(self._folder, self._kernel, work_version(), first, min(first + size, end), people, network)
            for first in range(begin, end, size)
        ]

    def _running(self) -> tuple[int, Sums]:
        """(sources, their sums) of the longest beginning that is stored as one."""
        for file in sorted(self._folder.glob("first.*.sums"), reverse=True):
            sums = _read(file, self._network.people)
            if sums is not None:
                return int(file.name.split(".")[1]), sums
        return 0, np.zeros(self._network.people)

    def _fold(self, slices: list[Slice], done: int, sums: Sums) -> None:
        """Store the sum of all so far in place of their files, now and then; a slice cut short stays by itself."""
        if done % _FOLDED and done < len(slices) - 1:
            return
        last = slices[done - 1].last
        if last % self._size and last != self._network.people:
            return
        kept = self._folder / f"first.{last:012d}.sums"
        write(kept, sums)
        for file in self._folder.glob("*.sums"):
            if file != kept and (file.name.startswith("first.") or _range_of(file)[0] < last):
                file.unlink(missing_ok=True)


def missing_of(slices: Sequence[Slice]) -> list[Slice]:
    """Those that are not stored whole."""
    return [each for each in slices if _read(each.file, each.numbers) is None]


def do(each: Slice) -> None:
    """Compute one slice and store its numbers."""
    if each.code != work_version():
        raise StoreError(
            "the worker's code differs from that of who handed out the work",
            hint="install the same version there, and start the workers again",
        )
    write(each.file, _numbers(each, each.network if each.network is not None else _mapped(each.folder / _NETWORK)))


def _numbers(each: Slice, network: Snapshot) -> Sums:
    if isinstance(each.kernel, PersonKernel):
        people = np.arange(each.first, each.last, dtype=np.int64)
        return each.kernel.work(network, people, _given(each)).ravel()
    return each.kernel.work(network, np.sort(order(network)[each.first : each.last]))


def in_order(
    slices: Sequence[Slice], missing: Sequence[Slice], mapper: Mapper, network: Snapshot
) -> Iterator[tuple[Slice, Sums]]:
    """Slices with their numbers, the first one first, as soon as they and all before them are done."""
    if missing and not mapper.shares_memory:
        snapshot_files.save(network, missing[0].folder / _NETWORK)
    ready = {each.first for each in slices} - {each.first for each in missing}
    ended: Iterator[Slice] = mapper.each(do, missing) if missing else iter(())
    for each in slices:
        while each.first not in ready:
            ready.add(next(ended).first)
        numbers = _read(each.file, each.numbers)
        if numbers is None:
            raise StoreError(
                f"{each.file} is not there, though its slice was done",
                hint="workers must see the folder of values (ORGANISM_VALUES, or ORGANISM_SCRATCH) at the same place",
            )
        yield each, numbers
    for _ in ended:  # so that the mapper ends well
        pass


def size_of(network: Snapshot) -> int:
    """Sources of a slice."""
    return min(_MOST, 1 << max(sources_in_seconds(network).bit_length() - 1, 0))


@cache
def work_version() -> str:
    """The version of all code that computes slices, as it stood when this process first asked."""
    package = Path(__file__).parents[1]
    files = sorted(file for name in _COMPUTING for file in (package / name).rglob("*.py"))
    digest = blake2b(digest_size=8)
    for file in files:
        digest.update(f"{file.relative_to(package)} {file.stat().st_size} ".encode() + file.read_bytes())
    return digest.hexdigest()


def own_folder(root: Path, kernel: str, network: Snapshot, size: object) -> Path:
    """The folder of one network, kernel and size; others of the kernel are removed."""
    own = root / f"{kernel}.{network.fingerprint[:32]}.{work_version()}.{size}"
    for other in root.glob(f"{kernel}.*"):
        if other != own:
            shutil.rmtree(other, ignore_errors=True)
    return own


@lru_cache(maxsize=1)
def _mapped(folder: Path) -> Snapshot:
    return snapshot_files.load(folder)


def _given(each: Slice) -> Idx | None:
    file = each.folder / GIVEN
    if each.given is not None or not file.exists():
        return each.given
    numbers = _read(file, file.stat().st_size // 8 - _DIGEST // 8)
    if numbers is None:
        raise StoreError(f"{file} is damaged", hint="refresh again: it is written anew")
    return numbers.astype(np.int64)


def _range_of(file: Path) -> tuple[int, int]:
    first, _, last = file.stem.partition("-")
    return int(first), int(last)


def write(file: Path, numbers: Sums) -> None:
    """Write numbers with their digest, whole or not at all."""
    content = np.ascontiguousarray(numbers, dtype="<f8").tobytes()
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        with draft.open("wb") as out:
            out.write(blake2b(content, digest_size=_DIGEST).digest())
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def _read(file: Path, numbers: int) -> Sums | None:
    """Numbers as they were written; None where there are none, or not whole."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    digest, content = content[:_DIGEST], content[_DIGEST:]
    if blake2b(content, digest_size=_DIGEST).digest() != digest or len(content) != 8 * numbers:
        return None
    return np.frombuffer(content, dtype="<f8")
