"""One definition in a Python file: a digest of what it does, and the names that it takes from outside itself.

The digest leaves out comments, formatting, docstrings, the definition's own name, and the annotations of functions and
their variables. Names from outside stand in it as numbers, so that it stays the same wherever they lead under whatever
name; `uses` says in order what they are. Decorators are digests of their own: only who knows where their names lead
can tell which count. Annotations of a class's fields count, since dataclasses and validators act on them. Classes that
annotate parameters and fields are names that code uses, since it calls their methods.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from causal_organism.engine.code.digests import Decorator, Import, Imported, Read, Token, Use, decorator_of, numbered

_NOT_SAID = frozenset({"ctx", "annotation"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True, slots=True)
class Definition:
    """Code that is compared as one: a function, a class, or the statements that bind a constant."""

    digest: str
    uses: tuple[Use, ...]  # in order of their numbers
    decorators: tuple[Decorator, ...] = ()
    is_value: bool = False  # statements that bind a constant


def read_definition(nodes: Iterable[ast.AST], name: str) -> Definition:
    """The definition of a name, by the statements that bind it."""
    reader, is_value = _Reader(name), False
    for node in nodes:
        reader.read(node)
        is_value |= not isinstance(node, (*_FUNCTIONS, ast.ClassDef))
    digest, uses = numbered(reader.said)
    known = {use.path for use in uses if not use.imported}
    typed = (Use(path, in_annotation=True) for path in dict.fromkeys(reader.outermost.typed) if path not in known)
    decorators = tuple(decorator_of(at, tokens) for at, tokens in reader.decorators)
    return Definition(digest, (*uses, *typed), decorators, is_value)


def imports_of(statement: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Imported]]:
    """Names that an import binds, and what to."""
    for alias in statement.names:
        if isinstance(statement, ast.ImportFrom):
            yield alias.asname or alias.name, Imported(statement.module or "", alias.name, statement.level)
        elif alias.asname:
            yield alias.asname, Imported(alias.name)
        else:
            top = alias.name.partition(".")[0]
            yield top, Imported(top)


@dataclass(slots=True)
class _Scope:
    is_class: bool = False
    bound: set[str] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)  # declared global or nonlocal
    imports: dict[str, list[Imported]] = field(default_factory=dict)
    importing: list[Import] = field(default_factory=list)
    loads: list[Read] = field(default_factory=list)
    through: list[Read] = field(default_factory=list)  # from functions in a class: they do not see its names
    typed: list[tuple[str, ...]] = field(default_factory=list)  # in annotations


class _Reader:
    """Walks a definition once: says what counts, and sorts the names that it reads into own and outside ones."""

    def __init__(self, name: str) -> None:
        self.own_name = name
        self.said: list[Token] = []
        self.decorators: list[tuple[int, list[Token]]] = []
        self.outermost = _Scope()
        self.scope = self.outermost

    def read(self, node: Any) -> None:
        handler = _HANDLERS.get(type(node))
        if handler is not None:
            handler(self, node)
        else:
            self.plain(node)

    def plain(self, node: ast.AST) -> None:
        """The kind of node and its fields; empty ones say nothing, so that Python versions agree."""
        self.said.append(type(node).__name__)
        for name in node._fields:
            if name not in _NOT_SAID:
                self.value(name, getattr(node, name, None))
        self.said.append(")")

    def value(self, name: str, value: Any) -> None:
        if value is None or value == []:
            return
        self.said.append(name)
        if isinstance(value, list):
            for each in value:
                if isinstance(each, ast.AST):
                    self.read(each)
                else:  # a name, or None: `**more` in a dict, a keyword parameter without default
                    self.said.append(repr(each))
            self.said.append("]")
        elif isinstance(value, ast.AST):
            self.read(value)
        else:
            self.said.append(repr(value))

    def inside(self, act: Callable[[], None], *, is_class: bool = False) -> None:
        """Do something in a scope of its own, then hand the names that it took from outside to the scope around."""
        outer, self.scope = self.scope, _Scope(is_class)
        act()
        inner, self.scope = self.scope, outer
        own = (inner.bound | inner.imports.keys()) - inner.outside
        free = [*(each for each in inner.loads if each.path[0] not in own), *inner.through]
        (outer.through if outer.is_class else outer.loads).extend(free)
        outer.typed += [path for path in inner.typed if path[0] not in own]
        for each in inner.loads:
            each.is_own = each.path[0] in own
            each.imported = tuple(inner.imports.get(each.path[0], ())) if each.is_own else ()
        used = {each.path[0] for each in inner.loads}
        for statement in inner.importing:
            statement.is_used = statement.name in used

    def reads(self, path: tuple[str, ...]) -> None:
        read = Read(path)
        self.said.append(read)
        self.scope.loads.append(read)

    def binds(self, name: str) -> None:
        is_itself = self.scope is self.outermost and name == self.own_name
        self.said.append("itself" if is_itself else name)
        self.scope.bound.add(name)

    def decorated(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        """Decorators are read apart, in the same scope."""
        for each in node.decorator_list:
            said, self.said = self.said, []
            self.read(each)
            self.decorators.append((len(said), self.said))
            self.said = said

    def name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.reads((node.id,))
        else:
            self.binds(node.id)

    def attribute(self, node: ast.Attribute) -> None:
        if path := _dotted(node):
            self.reads(path)
        else:
            self.plain(node)

    def augmented(self, node: ast.AugAssign) -> None:
        self.plain(node)
        if isinstance(node.target, ast.Name):  # read before it is bound
            self.reads((node.target.id,))

    def constant(self, node: ast.Constant) -> None:
        self.said.append(f"{type(node.value).__name__} {node.value!r}")

    def expression(self, node: ast.Expr) -> None:
        if not (isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)):
            self.plain(node)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        if not isinstance(node, ast.Lambda):
            self.decorated(node)
        self.said.append(type(node).__name__)
        if not isinstance(node, ast.Lambda):
            self.binds(node.name)
        self.value("defaults", node.args.defaults)
        self.value("kw_defaults", node.args.kw_defaults)
        self.inside(lambda: self.function_body(node))
        self.said.append(")")

    def function_body(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        for kind in ("posonlyargs", "args", "vararg", "kwonlyargs", "kwarg"):
            found = getattr(node.args, kind)
            for each in found if isinstance(found, list) else filter(None, (found,)):
                self.said.append(f"{kind} {each.arg}")
                self.scope.typed += _annotated(each.annotation)
                self.scope.bound.add(each.arg)
        self.value("body", node.body)

    def class_(self, node: ast.ClassDef) -> None:
        self.decorated(node)
        self.said.append("ClassDef")
        self.binds(node.name)
        self.value("bases", node.bases)
        self.value("keywords", node.keywords)
        self.inside(lambda: self.value("body", node.body), is_class=True)

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        self.read(node.generators[0].iter)  # evaluated outside
        self.inside(lambda: self.plain(node))

    def imports(self, node: ast.Import | ast.ImportFrom) -> None:
        for name, imported in imports_of(node):
            self.scope.imports.setdefault(name, []).append(imported)
            statement = Import(name, f"import {'.' * imported.level}{imported.module} {imported.name}")
            self.said.append(statement)
            self.scope.importing.append(statement)

    def outside(self, node: ast.Global | ast.Nonlocal) -> None:
        self.plain(node)
        self.scope.outside.update(node.names)

    def binder(self, node: ast.AST) -> None:
        """`except … as name`, and the names in patterns."""
        self.scope.bound.update(str(name) for part in ("name", "rest") if (name := getattr(node, part, None)))
        self.plain(node)

    def annotated(self, node: ast.AnnAssign) -> None:
        if self.scope.is_class:
            self.said.append(ast.unparse(node.annotation))
            self.scope.typed += _annotated(node.annotation)
            self.plain(node)
        elif node.value is not None:
            self.plain(ast.Assign(targets=[node.target], value=node.value))
        elif isinstance(node.target, ast.Name):
            self.scope.bound.add(node.target.id)


def _dotted(node: ast.expr) -> tuple[str, ...]:
    """`a.b.c` as its names; empty for what does not begin with a name."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return (node.id, *reversed(names)) if isinstance(node, ast.Name) else ()


def _annotated(node: ast.AST | None) -> Iterator[tuple[str, ...]]:
    """Names in an annotation, also where it is written as a text."""
    if isinstance(node, ast.expr) and (path := _dotted(node)):
        yield path
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            yield from _annotated(ast.parse(node.value, mode="eval").body)
        except SyntaxError:
            return
    elif node is not None:
        for inner in ast.iter_child_nodes(node):
            yield from _annotated(inner)


_HANDLERS: Mapping[type, Callable[[_Reader, Any], None]] = {
    ast.Name: _Reader.name,
    ast.Attribute: _Reader.attribute,
    ast.Constant: _Reader.constant,
    ast.Expr: _Reader.expression,
    **dict.fromkeys(_FUNCTIONS, _Reader.function),
    ast.ClassDef: _Reader.class_,
    **dict.fromkeys((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), _Reader.comprehension),
    **dict.fromkeys((ast.Import, ast.ImportFrom), _Reader.imports),
    **dict.fromkeys((ast.Global, ast.Nonlocal), _Reader.outside),
    **dict.fromkeys((ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping), _Reader.binder),
    ast.AnnAssign: _Reader.annotated,
    ast.AugAssign: _Reader.augmented,
}
