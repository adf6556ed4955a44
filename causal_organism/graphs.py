"""Asset graphs by name: the catalog, an author's `package.module:NAME`, or several of them with commas."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import sysconfig
import traceback
from dataclasses import dataclass
from pathlib import Path

from causal_organism.assets.definitions import SOURCE, Asset
from causal_organism.assets.graph import AssetGraph, graph_of
from causal_organism.documents.workers import GraphStateRow
from causal_organism.errors import GraphError, OrganismError
from causal_organism.resources import Factory

CATALOG = "catalog"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphState:
    """One of the graphs that are named, as this process finds it. `error`: why it cannot be used; None: it can."""

    name: str
    file: str | None
    assets: int
    sources: int
    error: str | None = None
    hint: str | None = None

    def to_document(self) -> GraphStateRow:
        """A row of organism.graphs/1."""
        return {
            "name": self.name, "file": self.file, "assets": self.assets, "sources": self.sources,
            "error": self.error, "hint": self.hint,
        }  # fmt: skip


def graph_names(names: str | None) -> tuple[str, ...]:
    """What `ORGANISM_ASSETS` names, each once, in order; the catalog where it is not set."""
    found = tuple(dict.fromkeys(filter(None, (name.strip() for name in (names or "").split(",")))))
    return found or (CATALOG,)


def load_graph(names: str | None) -> AssetGraph:
    """All graphs that are named as one; assets of one may read those of another.

    Raises:
        GraphError: one cannot be imported (with type, file and line), or two have the same key.
    """
    named = graph_names(names)
    assets = {name: load_assets(name) for name in named}
    _refuse_collisions(assets)
    distinct = {id(each): each for found in assets.values() for each in found}  # one that several name is one
    try:
        return graph_of(distinct.values())
    except GraphError as error:
        raise GraphError(f"{', '.join(named)}: GraphError: {error.message}", hint=error.hint) from error


def load_resources(names: str | None) -> dict[str, Factory]:
    """`RESOURCES` of the modules of all graphs that are named: name -> what makes it. The graphs were loaded before.

    Raises GraphError where two declare one name, or it is not a dict of functions.
    """
    found: dict[str, Factory] = {}
    for module in dict.fromkeys(name.partition(":")[0] for name in graph_names(names) if name != CATALOG):
        declared = getattr(importlib.import_module(module), "RESOURCES", {})
        if not isinstance(declared, dict) or not all(callable(each) for each in declared.values()):
            raise GraphError(f"{module}.RESOURCES is not a dict of functions; write {{'warehouse': open_warehouse}}")
        for name, factory in declared.items():
            if found.setdefault(name, factory) is not factory:
                raise GraphError(f"two modules declare the resource {name!r}; {module} is one of them")
    return found


def inspect_graphs(names: str | None) -> tuple[GraphState, ...]:
    """Each graph that is named, those that cannot be imported too; a mistake of all together stands at the last."""
    found = [_inspect(name) for name in graph_names(names)]
    if all(each.error is None for each in found):
        try:
            load_graph(names)
        except GraphError as error:
            last = found[-1]
            found[-1] = GraphState(
                name=last.name, file=last.file, assets=last.assets, sources=last.sources,
                error=error.message, hint=error.hint,
            )  # fmt: skip
    return tuple(found)


def folders_of(names: str | None) -> tuple[Path, ...]:
    """Folders from which the modules of these graphs are imported here; none for what is installed.

    Imports nothing. A process that runs in another folder finds the modules if it has these on its path.
    """
    own = [name for name in graph_names(names) if name != CATALOG]
    if own:
        _add_working_folder()
    found = {_folder_of(name) for name in own}
    return tuple(sorted(each for each in found if each is not None))


def _folder_of(name: str) -> Path | None:
    top = name.partition(":")[0].partition(".")[0]
    try:
        spec = importlib.util.find_spec(top) if top else None
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    first = next(iter(spec.submodule_search_locations or ()), spec.origin if spec.has_location else None)
    if first is None:
        return None
    folder = Path(first).absolute().parent
    installed = {Path(sysconfig.get_path(each)).absolute() for each in ("purelib", "platlib", "stdlib")}
    return None if folder in installed else folder


def _inspect(name: str) -> GraphState:
    try:
        assets = load_assets(name)
    except GraphError as error:
        return GraphState(name=name, file=None, assets=0, sources=0, error=error.message, hint=error.hint)
    specs = [spec for each in assets for spec in each.specs]
    module = "causal_organism.catalog" if name == CATALOG else name.partition(":")[0]
    return GraphState(
        name=name,
        file=getattr(sys.modules[module], "__file__", None),
        assets=len(specs),
        sources=sum(spec.kind == SOURCE for spec in specs),
    )


def load_assets(name: str) -> tuple[Asset, ...]:
    """The assets of one graph that is named. Raises GraphError."""
    if name == CATALOG:
        from causal_organism.catalog import ASSETS

        return tuple(ASSETS)
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise GraphError(f"{name!r} names no assets; write package.module:NAME, or {CATALOG}")
    _add_working_folder()
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (Exception, SystemExit) as error:  # an author's module may raise anything while it is imported
        hint = error.hint if isinstance(error, OrganismError) else _missing_module_hint(error, module)
        raise GraphError(f"{name} cannot be imported: {import_error_text(error)}", hint=hint) from error
    if isinstance(found, Asset):
        found = (found,)
    is_list = isinstance(found, (tuple, list))
    if not is_list or not all(isinstance(each, Asset) for each in found):
        file = getattr(sys.modules[module], "__file__", None) or module
        odd = next((each for each in found if not isinstance(each, Asset)), None) if is_list else found
        raise GraphError(
            f"{name} holds a {type(odd).__name__}; it must be a tuple of assets (TypeError, {file}, line 1)"
        )
    return tuple(found)


def _refuse_collisions(assets: dict[str, tuple[Asset, ...]]) -> None:
    owners: dict[str, tuple[str, Asset]] = {}
    for name, found in assets.items():
        for each in found:
            for spec in each.specs:
                other, theirs = owners.setdefault(spec.key, (name, each))
                if other != name and theirs is not each:
                    raise GraphError(
                        f"{other} and {name} both have the asset {spec.key!r} ({spec.defined_at})",
                        hint="give one of them another key: with several graphs, keys are those of all of them",
                    )


def _add_working_folder() -> None:
    """An author's module is found in the folder that the command is called in, as Python itself would find it."""
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))


def _missing_module_hint(error: BaseException, module: str) -> str | None:
    if not isinstance(error, ModuleNotFoundError) or error.name is None:
        return None
    if error.name == module.partition(".")[0]:
        return f"call it in the folder that holds {error.name}, put that folder into PYTHONPATH, or install the package"
    return f"install {error.name.partition('.')[0]} for {sys.executable}"


def import_error_text(error: BaseException) -> str:
    """An exception with its type and, where the author's code raised it, its line."""
    if isinstance(error, SyntaxError):
        return f"SyntaxError: {error.msg} ({error.filename}, line {error.lineno})"
    ours = str(Path(__file__).parent)
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((ours, "<")) and "importlib" not in frame.filename  # <string>: written by code
    ]
    raised_at = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{raised_at}"
