"""Read a declaration from the text of a study file; every mistake is named with its line and what was meant."""

from __future__ import annotations

import datetime
import difflib
import re
import tomllib
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from causal_organism.causal.declarations.codes import DesignKind, Direction
from causal_organism.causal.declarations.declaration import (
    DataColumns,
    Declaration,
    Limits,
    Moment,
    Outcome,
    Treatment,
    base_column,
)
from causal_organism.causal.declarations.moments import is_moment
from causal_organism.causal.diagram import OUTCOME, Diagram, find_circle, parse_edges
from causal_organism.errors import RequestError, StudyFileError

_TABLES = ("data", "design", "treatment", "outcome", "checks", "limits")
_DATA = ("unit", "time", "cluster", "segment")
_DESIGN = ("kind", "confounders", "diagram", "latent", "min_group")
_TREATMENT = ("column", "contrast", "adopted", "from", "source", "reliability", "cost_h")
_OUTCOME = ("column", "unit", "direction", "least", "source", "guardrail")
_LIMITS = ("hours", "people", "per_team", "proposals")
_CHECKS = ("negative_outcomes", "negative_treatments")
_LARGEST = 1e15  # what nothing that is spoken of reaches


def parse_study(text: str, *, name: str = "study.toml") -> Declaration:
    """The declaration that a file holds.

    Raises:
        StudyFileError: names the line and key, what was found, and the nearest thing that would be right.
    """
    try:
        document = tomllib.loads(text)
    except ValueError as error:  # also of a number of more than 4,300 digits
        raise StudyFileError(f"{name} is not TOML: {error}") from error
    except RecursionError as error:
        raise StudyFileError(f"{name} is not TOML that can be read: it is nested too deep") from error
    return _Reader(text, name).declaration(document)


class _Reader:
    """Takes values out of the document, and knows the line of every key."""

    def __init__(self, text: str, name: str):
        self._lines, self._name = text.splitlines(), name

    def declaration(self, document: Mapping[str, Any]) -> Declaration:
        self._refuse_unknown(document, _TABLES, ())
        data = self._table(document, "data", _DATA)
        design = self._table(document, "design", _DESIGN)
        checks = self._table(document, "checks", _CHECKS)
        if not design:
            self._fail("it has no [design]", (), hint=f'write [design] with kind = "{DesignKind.WITHIN}", for one')
        kind = self._kind(design)
        declared = Declaration(
            data=DataColumns(**{key: self._text(data, key, ("data", key)) for key in _DATA}),
            kind=kind,
            confounders=self._texts(design, "confounders", "design"),
            treatments=tuple(self._treatment(key, each) for key, each in self._named(document, "treatment").items()),
            outcomes=tuple(self._outcome(key, each) for key, each in self._named(document, "outcome").items()),
            negative_outcomes=self._texts(checks, "negative_outcomes", "checks"),
            negative_treatments=self._texts(checks, "negative_treatments", "checks"),
            diagram=self._diagram(design),
            min_group=self._count(design, ("design", "min_group"), least=2) or 10,
            limits=self._limits(self._table(document, "limits", _LIMITS)),
        )
        self._refuse_contradictions(declared)
        return declared

    def _kind(self, design: Mapping[str, Any]) -> DesignKind:
        given = self._text(design, "kind", ("design", "kind"))
        if given is None:
            self._fail("[design] has no kind", ("design",), hint=f"one of {', '.join(DesignKind)}")
        try:
            return DesignKind(given)
        except ValueError:
            hint = _nearest(given, tuple(DesignKind)) or f"one of {', '.join(DesignKind)}"
            self._fail(f"{given!r} is not a kind of design", ("design", "kind"), hint=hint)

    def _treatment(self, key: str, given: Mapping[str, Any]) -> Treatment:
        at = ("treatment", key)
        reliability = self._number(given, "reliability", at)
        if reliability is not None and not 0 < reliability <= 1:
            self._fail("reliability is a share above 0 and at most 1", (*at, "reliability"))
        contrast = self._number(given, "contrast", at)
        cost_h = self._number(given, "cost_h", at)
        if cost_h is not None and cost_h < 0:
            self._fail("cost_h is how many hours the change takes up, per person and week", (*at, "cost_h"))
        if contrast == 0:
            self._fail("contrast is the change spoken of, and cannot be 0", (*at, "contrast"))
        found = Treatment(
            name=key,
            column=self._text(given, "column", (*at, "column")),
            contrast=1.0 if contrast is None else contrast,
            adopted=self._text(given, "adopted", (*at, "adopted")),
            since=self._moment(given, (*at, "from")),
            source=self._text(given, "source", (*at, "source")),
            reliability=reliability,
            cost_h=cost_h,
        )
        if found.column is None and found.adopted is None and found.since is None:
            self._fail(f"[treatment.{key}] has no column", at, hint="write column = with the name of a column")
        return found

    def _outcome(self, key: str, given: Mapping[str, Any]) -> Outcome:
        at = ("outcome", key)
        column = self._text(given, "column", (*at, "column"))
        if column is None:
            self._fail(f"[outcome.{key}] has no column", at, hint="write column = with the name of a column")
        direction = self._text(given, "direction", (*at, "direction"))
        if direction is not None and direction not in tuple(Direction):
            self._fail(f"{direction!r} is not a direction", (*at, "direction"), hint="up or down: which way is better")
        least = self._number(given, "least", at)
        if least is not None and least < 0:
            self._fail("least is the smallest change that matters, and not below 0", (*at, "least"))
        guardrail = given.get("guardrail", False)
        if not isinstance(guardrail, bool):
            self._fail("guardrail is true or false", (*at, "guardrail"))
        return Outcome(
            name=key, column=column, unit=self._text(given, "unit", (*at, "unit")) or "",
            direction=None if direction is None else Direction(direction), least=least,
            source=self._text(given, "source", (*at, "source")), guardrail=guardrail,
        )  # fmt: skip

    def _diagram(self, design: Mapping[str, Any]) -> Diagram | None:
        text = self._text(design, "diagram", ("design", "diagram"))
        latent = self._texts(design, "latent", "design")
        if text is None:
            return None
        try:
            edges = parse_edges(text)
        except RequestError as error:
            self._fail(str(error), ("design", "diagram"))
        if circle := find_circle(edges):
            self._fail(f"the diagram goes in a circle: {' -> '.join(circle)}", ("design", "diagram"))
        nodes = {node for edge in edges for node in edge}
        for name in latent:
            if name not in nodes:
                hint = _nearest(name, nodes)
                self._fail(f"the diagram has no {name}, which latent names", ("design", "latent"), hint=hint)
        if not edges:
            self._fail("the diagram has no edge", ("design", "diagram"), hint="write cause -> effect")
        return Diagram(
            edges=edges, treatment=edges[0][0], outcome=edges[0][1], absorbed=frozenset(), latent=frozenset(latent),
            suspected=(),
        )  # fmt: skip

    def _refuse_contradictions(self, declared: Declaration) -> None:
        """What no data could make right."""
        held = {base_column(name) for name in declared.confounders}
        for outcome in declared.outcomes:
            if outcome.column in held:
                self._fail(f"{outcome.column} is an outcome and a confounder", ("design", "confounders"))
        names = {each.column for each in declared.outcomes}
        self._refuse_controls("negative_outcomes", declared.negative_outcomes, declared)
        self._refuse_controls("negative_treatments", declared.negative_treatments, declared)
        for treatment in declared.treatments:
            if treatment.column in names:
                self._fail(f"{treatment.column} is treatment and outcome", ("treatment", treatment.name, "column"))
            if declared.kind is DesignKind.POLICY and treatment.since is None:
                at = ("treatment", treatment.name)
                self._fail("a policy needs its date", at, hint="write from = with the first time it was in force")
        panels = (DesignKind.WITHIN, DesignKind.STAGGERED, DesignKind.POLICY)
        if declared.kind in panels and not (declared.data.unit and declared.data.time):
            self._fail(f"a {declared.kind} design follows units over time", ("data",), hint="name unit and time")
        if declared.diagram is not None:
            self._refuse_foreign(declared.diagram, declared)

    def _refuse_controls(self, key: str, controls: Collection[str], declared: Declaration) -> None:
        """What a treatment cannot move is no outcome of it, and what moves no outcome is no treatment."""
        for kind, named in (("an outcome", declared.outcomes), ("a treatment", declared.treatments)):
            if found := [name for name in controls if name in {each.column for each in named}]:
                self._fail(f"{found[0]} is {kind} and a negative control", ("checks", key))

    def _refuse_foreign(self, diagram: Diagram, declared: Declaration) -> None:
        """OUTCOME in a diagram stands for every outcome that has no node of its own."""
        outcomes = () if OUTCOME in diagram.nodes else names_of(declared.outcomes)
        for name in (*(each.column for each in declared.treatments), *outcomes):
            if name is not None and name not in diagram.nodes:
                self._fail(f"the diagram has no {name}", ("design", "diagram"), hint=_nearest(name, diagram.nodes))

    def _named(self, document: Mapping[str, Any], kind: str) -> dict[str, Mapping[str, Any]]:
        found = document.get(kind)
        if not isinstance(found, Mapping) or not found:
            self._fail(f"it declares no {kind}", (), hint=f"write [{kind}.NAME] with column = …")
        known = _TREATMENT if kind == "treatment" else _OUTCOME
        for name, each in found.items():
            if not isinstance(each, Mapping) or not name.strip():
                self._fail(f"{kind} needs a name, as in [{kind}.NAME]", (kind, name))
            self._refuse_unknown(each, known, (kind, name))
        return dict(found)

    def _table(self, document: Mapping[str, Any], key: str, known: Collection[str]) -> Mapping[str, Any]:
        found = document.get(key, {})
        if not isinstance(found, Mapping):
            self._fail(f"{key} is a table, written [{key}]", (key,))
        self._refuse_unknown(found, known, (key,))
        return found

    def _refuse_unknown(self, given: Mapping[str, Any], known: Collection[str], at: tuple[str, ...]) -> None:
        for key in given:
            if key not in known:
                where = f"[{'.'.join(at)}] has" if at else "it has"
                hint = _nearest(key, known) or f"known are {', '.join(known)}"
                self._fail(f"{where} the unknown key {key!r}", (*at, key), hint=hint)

    def _text(self, given: Mapping[str, Any], key: str, at: tuple[str, ...]) -> str | None:
        found = given.get(key)
        if found is not None and (not isinstance(found, str) or not found.strip()):
            self._fail(f"{key} is text, not {found!r}", at)
        return found

    def _texts(self, given: Mapping[str, Any], key: str, table: str) -> tuple[str, ...]:
        found = given.get(key, [])
        if not isinstance(found, list) or not all(isinstance(each, str) and each.strip() for each in found):
            self._fail(f"{key} is a list of columns", (table, key), hint=f'write {key} = ["one", "two"]')
        return tuple(dict.fromkeys(found))

    def _number(self, given: Mapping[str, Any], key: str, at: tuple[str, ...]) -> float | None:
        found = given.get(key)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            self._fail(f"{key} is a number, not {found!r}", (*at, key))
        if not abs(found) <= _LARGEST:
            self._fail(f"{key} is a number of at most {_LARGEST:g}, not {str(found)[:40]}", (*at, key))
        return float(found)

    def _limits(self, given: Mapping[str, Any]) -> Limits:
        hours = self._number(given, "hours", ("limits",))
        if hours is not None and hours <= 0:
            self._fail("hours is what all proposals may change together, and above 0", ("limits", "hours"))
        people, per_team, proposals = (
            self._count(given, ("limits", key), least=1) for key in ("people", "per_team", "proposals")
        )
        return Limits(hours=hours, people=people, per_team=per_team, proposals=proposals or Limits().proposals)

    def _count(self, given: Mapping[str, Any], at: tuple[str, str], *, least: int) -> int | None:
        found = given.get(at[1])
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, int) or not least <= found <= _LARGEST:
            self._fail(f"{at[1]} is a count of at least {least}, and at most {_LARGEST:g}", at)
        return found

    def _moment(self, given: Mapping[str, Any], at: tuple[str, ...]) -> Moment | None:
        found = given.get("from")
        if isinstance(found, (datetime.date, datetime.datetime)):
            return found.isoformat()
        if found is not None and (isinstance(found, bool) or not is_moment(found)):
            self._fail(f"from is a time: a number, an ISO week or a date, not {str(found)[:40]!r}", at)
        return found

    def _fail(self, message: str, at: tuple[str, ...], *, hint: str | None = None) -> NoReturn:
        line = self._line(at)
        where = f"{self._name}, line {line}" if line else self._name
        raise StudyFileError(f"{where}: {message}", hint=hint)

    def _line(self, at: tuple[str, ...]) -> int | None:
        """The line of a key, or of its table where the key is not found; from 1."""
        table, found = "", None
        for number, line in enumerate(self._lines, start=1):
            if header := re.match(r"\s*\[+([^\]]+)\]+", line):
                table = header[1].replace('"', "").strip()
                if table and ".".join(at).startswith(table) and found is None:
                    found = number
            key = re.match(r'\s*"?([\w.^ -]+?)"?\s*=', line)
            if key and ".".join(filter(None, (table, key[1]))) == ".".join(at):
                return number
        return found


def names_of(outcomes: tuple[Outcome, ...]) -> tuple[str, ...]:
    return tuple(each.column for each in outcomes)


def _nearest(given: str, known: Collection[str]) -> str | None:
    close = difflib.get_close_matches(given.lower(), sorted(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else None
