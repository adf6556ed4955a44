"""From the text of a selection to its expression; every error says where."""

from __future__ import annotations

import re
import unicodedata
from difflib import get_close_matches
from typing import NoReturn

from causal_organism.assets.durations import parse_duration
from causal_organism.assets.selection import syntax
from causal_organism.errors import SelectionError

ATTRIBUTES = ("key", "group", "tag", "owner", "kind", "status", "changed")
FUNCTIONS = ("roots", "sinks")
DEEPEST = 50  # parentheses, functions and `not` inside each other; far from Python's own limit
MOST_STEPS = 10**9  # a longer number of steps means the same

_WORD = re.compile(r'[^\s(),+"]*')
_TAG_NAME = re.compile(r'[^\s(),+"=]*')
_SPACE = re.compile(r"\s*")
_NOT_IN_KEY = re.compile(r"[^\w.\-/*]")
_STRING = re.compile(r'"((?:[^"\\]|\\["\\])*)')
_UP = re.compile(r"([0-9]*)\+(?=[^\s),+])")  # touches what it walks from: `2+` alone is the key 2 and a walk down
_DOWN = re.compile(r'\+([0-9]+(?=[\s(),+"]|$))?')
_BETWEEN = "put 'and', 'or', ',' or ' - ' between them"


def parse(text: str) -> syntax.Expr:
    """The expression. Raises SelectionError with the column (from 1) and a caret under the place."""
    if not text.strip():
        raise SelectionError("the selection is empty", hint="'*' is every asset")
    return _Parser(text).whole()


def pointed(message: str, text: str, column: int) -> str:
    """A message with the expression under it and a caret under the place; control characters show as spaces."""
    shown = "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in text)
    before = sum(_cells(each) for each in shown[: column - 1])
    return f"{message}\n  {shown}\n  {' ' * before}^"


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class _Parser:
    """Recursive descent over characters: what a '+', a digit or a '-' means depends on what it touches."""

    def __init__(self, text: str):
        self.text = text
        self.at = 0
        self.depth = 0

    def whole(self) -> syntax.Expr:
        expr = self.either()
        if self.at < len(self.text):
            self.fail_unexpected()
        return expr

    def either(self) -> syntax.Expr:
        parts = [self.narrowed()]
        while self.char() == "," or self.word() in ("or", "OR"):
            self.at += 1 if self.char() == "," else 2
            parts.append(self.narrowed())
        return parts[0] if len(parts) == 1 else syntax.Either(tuple(parts))

    def narrowed(self) -> syntax.Expr:
        first = self.negated()
        steps: list[syntax.Step] = []
        while (word := self.word()) in ("and", "AND", "-"):
            if word == "-" and not self.is_spaced():
                self.fail("'-' here is neither part of a key nor a difference", hint="a difference has spaces: a - b")
            self.at += len(word)
            steps.append(syntax.Step(word == "-", self.negated()))
        return syntax.Narrowed(first, tuple(steps)) if steps else first

    def negated(self) -> syntax.Expr:
        self.skip_space()
        if self.word() in ("not", "NOT"):
            start, self.at = self.at, self.at + 3
            self.deeper(start)
            expr: syntax.Expr = syntax.Not(self.negated())
            self.depth -= 1
            return expr
        expr = self.walk()
        self.skip_space()
        return expr

    def walk(self) -> syntax.Expr:
        up: int | None = 0
        down: int | None = 0
        if before := _UP.match(self.text, self.at):
            self.at, up = before.end(), _steps(before[1])
        of = self.atom()
        if after := _DOWN.match(self.text, self.at):
            self.at, down = after.end(), _steps(after[1])
            if self.char() == "+":
                self.fail("a walk has one '+' on each side", hint="a walk of a walk takes parentheses: (x+1)+")
        return of if up == 0 and down == 0 else syntax.Walk(of, up, down)

    def atom(self) -> syntax.Expr:
        start, character, word = self.at, self.char(), self.word()
        if character == "(":
            return self.parenthesis(start)
        if character == '"':
            return syntax.Key(self.string(), column=start + 1)
        if character == "+":
            self.fail("this '+' touches nothing that it could walk from", hint="write +x, x+ or 2+x without spaces")
        if not word or word in syntax.KEYWORDS or word == "-":
            self.fail_missing(word or character)
        if ":" in word:
            return self.attribute(word.partition(":")[0])
        if self.text[start + len(word) : start + len(word) + 1] == "(" and word.isidentifier():
            return self.function(word)
        self.at += len(word)
        return self.key(word, start)

    def parenthesis(self, opened: int) -> syntax.Expr:
        """What stands between the '(' here and its ')'."""
        self.deeper(opened)
        self.at = opened + 1
        expr = self.either()
        if self.at == len(self.text):
            self.fail("this '(' is never closed", at=opened)
        if self.char() != ")":
            self.fail_unexpected()
        self.at += 1
        self.depth -= 1
        return expr

    def function(self, name: str) -> syntax.Expr:
        if name not in FUNCTIONS:
            hint = "write changed:since(1h)" if name == "since" else _known("functions", name, FUNCTIONS)
            self.fail(f"there is no function {name!r}", hint=hint)
        self.at += len(name)
        of = self.parenthesis(self.at)
        return syntax.Roots(of) if name == "roots" else syntax.Sinks(of)

    def attribute(self, name: str) -> syntax.Expr:
        if name not in ATTRIBUTES:
            self.fail(f"there is no attribute {name!r}", hint=_known("attributes", name, ATTRIBUTES))
        self.at += len(name) + 1
        start, is_quoted = self.at, self.char() == '"'
        match name:
            case "key":
                value = self.value(name)
                return syntax.Key(value.text, column=start + 1) if is_quoted else self.key(value.text, start)
            case "group":
                return syntax.Group(self.value(name))
            case "owner":
                return syntax.Owner(self.value(name))
            case "tag":
                return self.tag()
            case "kind":
                return syntax.Kind(self.one_of(name, syntax.KINDS))
            case "status":
                return syntax.Status(self.one_of(name, syntax.STATUSES))
            case _:
                return self.changed()

    def tag(self) -> syntax.Expr:
        name = self.value("tag", _TAG_NAME)
        if self.char() != "=":
            return syntax.Tag(name)
        self.at += 1
        if not self.word() and self.char() != '"':
            self.fail("nothing stands behind '='", hint='an empty value is written tag:k=""')
        return syntax.Tag(name, self.value("tag"))

    def one_of(self, attribute: str, known: tuple[str, ...]) -> str:
        start, value = self.at, self.value(attribute).text
        if value not in known:
            self.fail(f"there is no {attribute} {value!r}", hint=f"it is one of {', '.join(known)}", at=start)
        return value

    def changed(self) -> syntax.Expr:
        start, word = self.at, self.word()
        opened = start + len(word)
        if word != "since" or self.text[opened : opened + 1] != "(":
            self.fail("changed: takes since(…)", hint="write changed:since(1h)")
        self.at = opened + 1
        self.skip_space()
        start = self.at
        age = self.value("since").text
        self.skip_space()
        if self.at == len(self.text):
            self.fail("this '(' is never closed", at=opened)
        if self.char() != ")":
            self.fail_unexpected()
        self.at += 1
        try:
            return syntax.ChangedSince(parse_duration(age))
        except (ValueError, OverflowError) as error:
            self.fail(str(error), hint="write a number and s, m, h, d or w, up to a hundred years", at=start)

    def value(self, attribute: str, run: re.Pattern[str] = _WORD) -> syntax.Match:
        """A quoted value, or the run of characters here; a '*' in the latter makes it a pattern."""
        if self.char() == '"':
            return syntax.Match(self.string())
        found = run.match(self.text, self.at)
        text = found[0] if found else ""
        if not text:
            self.fail(f"nothing stands behind {attribute}", hint='an empty value is written ""')
        self.at += len(text)
        return syntax.Match(text, "*" in text)

    def string(self) -> str:
        """The text between the quote here and the next one that no backslash escapes."""
        opened, found = self.at, _STRING.match(self.text, self.at)
        end = found.end() if found else opened
        if self.text[end : end + 1] != '"':
            if end >= len(self.text) - 1:
                self.fail("this quote is never closed", at=opened)
            self.fail("a backslash stands only before a quote or a backslash", hint="write two for one", at=end)
        self.at = end + 1
        return re.sub(r"\\(.)", r"\1", found[1] if found else "")

    def key(self, word: str, start: int) -> syntax.Expr:
        wrong = _NOT_IN_KEY.search(word)
        if wrong:
            hint = "names are letters, digits, '_', '.', '-', parted by '/'; quotes are \"double\""
            self.fail(f"{wrong[0]!r} cannot stand in a key", hint=hint, at=start + wrong.start())
        return syntax.Pattern(word) if "*" in word else syntax.Key(word, column=start + 1)

    def char(self) -> str:
        """The character here; empty at the end."""
        return self.text[self.at : self.at + 1]

    def word(self) -> str:
        found = _WORD.match(self.text, self.at)
        return found[0] if found else ""

    def skip_space(self) -> None:
        if found := _SPACE.match(self.text, self.at):
            self.at = found.end()

    def is_spaced(self) -> bool:
        """Whether the one character here stands alone."""
        return self.text[self.at - 1].isspace() and (self.text[self.at + 1 : self.at + 2] or " ").isspace()

    def deeper(self, start: int) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail(f"more than {DEEPEST} levels inside each other", at=start)

    def fail_missing(self, found: str) -> NoReturn:
        if not found:
            self.fail("an asset is missing at the end")
        hint = (
            f"a key of that name is written {syntax.quoted(found)}"
            if found in syntax.KEYWORDS or found == "-"
            else None
        )
        self.fail(f"an asset is missing before {found!r}", hint=hint)

    def fail_unexpected(self) -> NoReturn:
        if self.char() == ")":
            self.fail("this ')' closes nothing")
        before = self.text[self.at - 1]
        if self.word().startswith("-"):
            self.fail("two selections stand side by side", hint="a difference has spaces on both sides: a - b")
        if self.char() == "+" or before == "+":
            self.fail("two selections stand side by side", hint=f"'+' walks from what it touches; {_BETWEEN}")
        self.fail("two selections stand side by side", hint=_BETWEEN)

    def fail(self, message: str, *, hint: str | None = None, at: int | None = None) -> NoReturn:
        column = (self.at if at is None else at) + 1
        raise SelectionError(pointed(message, self.text, column), hint=hint, column=column)


def _steps(digits: str | None) -> int | None:
    """None, for no number: to the end."""
    if not digits:
        return None
    significant = digits.lstrip("0") or "0"
    return int(significant) if len(significant) < 10 else MOST_STEPS


def _known(what: str, name: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"the {what} are {', '.join(known)}"
