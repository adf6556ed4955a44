"""What a Python file has, read without importing it: names, imports, and definitions by name."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from causal_organism.engine.code.definitions import Definition, imports_of, read_definition
from causal_organism.engine.code.digests import Imported

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPOUND = (ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Match)


@dataclass(slots=True)
class Module:
    """One file: the names bound at its top, what its imports bind, and the definitions read so far."""

    content: bytes
    names: frozenset[str] = frozenset()
    imports: Mapping[str, list[Imported]] = field(default_factory=dict)
    stars: list[Imported] = field(default_factory=list)  # from module import *
    known: dict[str, Definition] = field(default_factory=dict)
    _top: _Top | None = None

    def definition(self, name: str) -> Definition:
        """The definition of one of `names`."""
        if name not in self.known:
            self.known[name] = read_definition(self._parsed().bindings[name], name)
        return self.known[name]

    def function(self, qualname: str, line: int) -> Definition | None:
        """A function wherever it stands, nested ones and lambdas included; the nearest to `line` of several."""
        place = f"{qualname}:{line}"
        if place not in self.known:
            top = self._parsed()
            at_top = top.bindings.get(qualname, ())
            if len(at_top) == 1 and isinstance(at_top[0], _FUNCTIONS):
                self.known[place] = self.definition(qualname)
            elif found := _nearest_functions(top.tree, qualname, line):
                self.known[place] = read_definition(found, qualname.rpartition(".")[2])
            else:
                return None
        return self.known[place]

    def _parsed(self) -> _Top:
        if self._top is None:
            self._top = _read_top(self.content)
        return self._top


@dataclass(slots=True)
class _Top:
    """What a parsed file has at its top. `bindings`: name -> the statements that bind or change it."""

    tree: ast.Module
    bindings: dict[str, list[ast.stmt]] = field(default_factory=dict)
    imports: dict[str, list[Imported]] = field(default_factory=dict)
    stars: list[Imported] = field(default_factory=list)


@lru_cache(maxsize=2048)
def read_module(content: bytes) -> Module:
    """The module with this content. Raises SyntaxError or ValueError if that is not Python."""
    top = _read_top(content)
    return Module(content, frozenset(top.bindings), top.imports, top.stars, _top=top)


def _read_top(content: bytes) -> _Top:
    top = _Top(ast.parse(content))
    _index(top.tree.body, top)
    return top


def _index(body: Iterable[ast.stmt], top: _Top) -> None:
    for statement in body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                top.bindings.setdefault(statement.name, []).append(statement)
                for name in _extended(statement, top.bindings):
                    top.bindings[name].append(statement)
            case ast.Import() | ast.ImportFrom():
                for name, imported in imports_of(statement):
                    if name == "*":
                        top.stars.append(imported)
                    else:
                        top.imports.setdefault(name, []).append(imported)
            case ast.If():
                _index((*statement.body, *statement.orelse), top)
            case ast.Try() | ast.TryStar():
                handled = [each for handler in statement.handlers for each in handler.body]
                _index((*statement.body, *handled, *statement.orelse, *statement.finalbody), top)
            case _:
                for name in _bound_or_changed(statement, top.bindings):
                    top.bindings.setdefault(name, []).append(statement)


def _extended(definition: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, known: Mapping[str, Any]) -> set[str]:
    """Known functions that a definition is a form of: `@dispatched.register`, of `functools.singledispatch`."""
    callees = [each.func if isinstance(each, ast.Call) else each for each in definition.decorator_list]
    names = {_base(each) for each in callees if isinstance(each, ast.Attribute) and each.attr == "register"}
    return {each for each in names & known.keys() - {definition.name} if isinstance(known[each][0], _FUNCTIONS)}


def _bound_or_changed(statement: ast.stmt, known: Mapping[str, Any]) -> dict[str, None]:
    """Names that a statement binds, and known ones that it changes: `X[k] = v`, `X.a = v`, `X.append(v)`."""
    names: dict[str, None] = {}
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        base = _base(statement.value.func)
        return {base: None} if base in known and isinstance(statement.value.func, ast.Attribute) else names
    for node in ast.walk(statement) if isinstance(statement, _COMPOUND) else _targets(statement):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names[node.name] = None
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names[node.id] = None
        elif isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
            base = _base(node)
            if base in known:
                names[base] = None
    return names


def _targets(statement: ast.stmt) -> Iterator[ast.AST]:
    match statement:
        case ast.Assign(targets=targets):
            for target in targets:
                yield from ast.walk(target)
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            yield target


def _base(node: ast.AST) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _nearest_functions(tree: ast.Module, qualname: str, line: int) -> list[ast.AST]:
    """Functions of that name nearest to a line: several only where lambdas share it."""
    found = list(_functions(tree, ""))
    last = qualname.rpartition(".")[2]
    named = [each for each in found if each[0] == qualname] or [
        each for each in found if each[0].rpartition(".")[2] == last
    ]
    distance = min((abs(each[1] - line) for each in named), default=0)
    return [node for _, first, node in named if abs(first - line) == distance]


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, int, ast.AST]]:
    """Qualified name, first line (that of the first decorator) and node of every function inside."""
    for child in ast.iter_child_nodes(node):
        inner = prefix
        if isinstance(child, ast.ClassDef):
            inner = f"{prefix}{child.name}."
        elif isinstance(child, _FUNCTIONS):
            name = "<lambda>" if isinstance(child, ast.Lambda) else child.name
            decorators = [] if isinstance(child, ast.Lambda) else child.decorator_list
            yield f"{prefix}{name}", min(each.lineno for each in (child, *decorators)), child
            inner = f"{prefix}{name}.<locals>."
        yield from _functions(child, inner)
