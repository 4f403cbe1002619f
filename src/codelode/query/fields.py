"""What stands behind a field's colon, as a part of the tree."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from codelode.errors import PatternError, QueryError, QuerySyntaxError
from codelode.query import regex
from codelode.query.ast import (
    And,
    Extension,
    Is,
    Language,
    Modified,
    Node,
    Or,
    Path,
    Repository,
    Size,
    Structure,
    Style,
    Symbol,
)
from codelode.query.complaints import complaint, nearest
from codelode.query.fieldnames import EXAMPLES
from codelode.query.lexer import Kind, Token, unslashed

_TRAITS = ("test", "generated", "vendored")
_REGEX_SIGNS = re.compile(r"[\\^$()|+]|\.\*")
_NAME_SIGNS = re.compile(r"^\^\w|\w\$$|\.[*+]|\w\|\w|\\[wdbs.]")
"""Of a name, which may have a ``$`` in front, and an operator's signs behind it"""
_GLOB_SIGNS = re.compile(r"[*?\[]")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)([bkmg]?)(?:i?b)?", re.IGNORECASE)
_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_COMPARED = re.compile(r"(<=|>=|<|>|=)?(.*)", re.DOTALL)
_PLAIN = "a plain regular expression, or the text in quotes"
_AGE = re.compile(r"\d{1,6}(?:s|min|h|d|w|mo|y)")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names that values are checked against, which other layers know."""

    language: Callable[[str], str]
    """our name of a language, by what a user calls it; "" when there is none"""
    languages: Collection[str]
    """our names"""
    kinds_of: Callable[[str], frozenset[str]]
    """the kinds of definition that a word means; QueryError when it means none"""
    kinds: Collection[str]
    words: Callable[[str], list[str]]
    """the words of a text (`text.tokens.words`)"""


def node_of(field: str, token: Token, vocabulary: Vocabulary | None) -> Node:
    """The part of the tree that ``field:value`` is; raises QuerySyntaxError.

    Without a `vocabulary` the names of languages and kinds are taken as they are.
    """
    return _NODES[field](token, vocabulary)


def _path(token: Token, _: Vocabulary | None) -> Node:
    return Path(*_styled(token))


def _repository(token: Token, _: Vocabulary | None) -> Node:
    return Repository(*_styled(token))


def _styled(token: Token) -> tuple[str, Style]:
    """A path, and how it is compared, by the look of the value: Zoekt's regular expressions, gitignore's globs, or
    text."""
    if token.kind is Kind.PATTERN or (token.kind is Kind.VALUE and _REGEX_SIGNS.search(token.text)):
        _check_regex(token)
        return unslashed(token.text), Style.REGEX
    is_glob = token.kind is Kind.VALUE and _GLOB_SIGNS.search(token.text)
    return token.text, Style.GLOB if is_glob else Style.TEXT


def _check_regex(token: Token) -> None:
    try:
        beyond = regex.parse(token.text).beyond
    except PatternError as exc:
        raise complaint(
            f'"{token.text}" is no regular expression: {exc}', token.at, _PLAIN, "retry file:/_test\\.go$/"
        ) from exc
    if beyond:
        raise complaint(
            f'"{token.text}" looks around, refers back or is possessive, which only patterns for the text may',
            token.at,
            _PLAIN,
            "retry file:/_test\\.go$/",
        )


def _symbol(token: Token, _: Vocabulary | None) -> Node:
    if token.kind is Kind.PATTERN or (token.kind is Kind.VALUE and _NAME_SIGNS.search(token.text)):
        _check_regex(token)
        return Symbol(unslashed(token.text), Style.REGEX)
    is_glob = token.kind is Kind.VALUE and re.search(r"[*?]", token.text)
    return Symbol(token.text, Style.GLOB if is_glob else Style.TEXT)


def _kind(token: Token, vocabulary: Vocabulary | None) -> Node:
    found: frozenset[str] = frozenset()
    for name in _listed(token):
        if vocabulary is None:
            found |= {name}
            continue
        try:
            found |= vocabulary.kinds_of(name)
        except QueryError as exc:
            raise _unknown("kind of definition", name, vocabulary.kinds, token, EXAMPLES["kind"]) from exc
    return Symbol("", kinds=found)


def _language(token: Token, vocabulary: Vocabulary | None) -> Node:
    found: list[Node] = []
    for name in _listed(token):
        ours = name if vocabulary is None else vocabulary.language(name)
        if vocabulary is not None and not ours:
            raise _unknown("language", name, vocabulary.languages, token, EXAMPLES["lang"])
        found.append(Language(ours))
    return _either(found)


def _extension(token: Token, _: Vocabulary | None) -> Node:
    return _either([Extension(name.removeprefix(".")) for name in _listed(token)])


def _listed(token: Token) -> list[str]:
    names = [name.strip().lower() for name in token.text.split(",")]
    if not all(name.strip(".") for name in names):
        raise complaint(
            f'"{token.text}" has an empty name', token.at, "names separated by commas", "retry lang:go,python"
        )
    return list(dict.fromkeys(names))


def _either(parts: list[Node]) -> Node:
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


def _unknown(what: str, name: str, known: Collection[str], token: Token, example: str) -> QuerySyntaxError:
    close = nearest(name, known)
    expected = f'"{close}"' if close else f"one of {', '.join(sorted(known))}"
    return complaint(f'no {what} is called "{name}"', token.at, expected, example)


def _is(token: Token, _: Vocabulary | None) -> Node:
    if token.text not in _TRAITS:
        raise _unknown("trait of a file", token.text, _TRAITS, token, EXAMPLES["is"])
    return Is(token.text)


def _size(token: Token, _: Vocabulary | None) -> Node:
    low, dots, high = token.text.partition("..")
    if dots:
        return And((Size(">=", _bytes(low, token)), Size("<=", _bytes(high, token))))
    operator, number = _compared(token.text)
    return Size(operator or "=", _bytes(number, token))


def _bytes(text: str, token: Token) -> int:
    found = _SIZE.fullmatch(text)
    if found is None:
        raise complaint(
            f'"{token.text}" is no size',
            token.at,
            "<, <=, >, >= or = and a number of b, k, m or g, or two of them with .. between",
            EXAMPLES["size"],
        )
    return int(float(found[1]) * _UNITS[found[2].lower()])


def _modified(token: Token, _: Vocabulary | None) -> Node:
    low, dots, high = token.text.partition("..")
    if dots:
        last = _day(high, token) + datetime.timedelta(days=1)
        return And((Modified(">=", _day(low, token).isoformat()), Modified("<", last.isoformat())))
    operator, when = _compared(token.text)
    if operator in ("", "="):
        raise _no_time(token)
    return Modified(operator, when if _AGE.fullmatch(when) else _day(when, token).isoformat())


def _day(text: str, token: Token) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as exc:
        raise _no_time(token) from exc


def _no_time(token: Token) -> QuerySyntaxError:
    return complaint(
        f'"{token.text}" is no time',
        token.at,
        "<, <=, > or >= and an age (30min, 12h, 7d, 2w, 3mo, 1y) or a date (2026-01-31), or two dates with .. between",
        EXAMPLES["modified"],
    )


def _compared(text: str) -> tuple[str, str]:
    found = _COMPARED.fullmatch(text)
    return (found[1] or "", found[2]) if found else ("", text)


def _structure(token: Token, _: Vocabulary | None) -> Node:
    return Structure(token.text)


_NODES: dict[str, Callable[[Token, Vocabulary | None], Node]] = {
    "ast": _structure,
    "ext": _extension,
    "file": _path,
    "is": _is,
    "kind": _kind,
    "lang": _language,
    "modified": _modified,
    "repo": _repository,
    "size": _size,
    "sym": _symbol,
}
