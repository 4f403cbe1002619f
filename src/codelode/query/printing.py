"""A tree as text in the query language: parsing it again gives the tree that was printed, if it was parsed once."""

from __future__ import annotations

import re
from decimal import Decimal

from codelode.errors import QuerySyntaxError
from codelode.query.ast import (
    And,
    Boost,
    CaseRule,
    Content,
    Extension,
    Fuzzy,
    Is,
    Language,
    Meaning,
    Modified,
    Near,
    Node,
    Not,
    Or,
    Path,
    Pattern,
    Phrase,
    Query,
    Repository,
    Results,
    Size,
    Structure,
    Style,
    Symbol,
    Wildcard,
    Word,
)
from codelode.query.lexer import ESCAPABLE, OPERATORS, Kind, lex

_OR, _AND, _NEAR, _UNARY, _ATOM = range(5)
"""How tightly a text binds: what is looser than its place needs goes into parentheses."""

_UNITS = ((1 << 30, "g"), (1 << 20, "m"), (1 << 10, "k"))


def print_query(query: Query) -> str:
    """`query` in the language, as plainly as it can be written.

    A tree that no text has (`EVERYTHING` inside others, a `Symbol` with name and kinds) comes back as another that
    is true of the same files."""
    parts = [_print(query.root, _OR)]
    if query.case is not CaseRule.AUTO or query.results is not Results.LINES:
        parts = [_print(query.root, _AND)]
    if query.case is not CaseRule.AUTO:
        parts.append(f"case:{query.case.value}")
    if query.results is not Results.LINES:
        parts.append(f"type:{query.results.value}")
    return " ".join(parts)


def print_node(node: Node) -> str:
    """A part of a tree in the language."""
    return _print(node, _OR)


def _print(node: Node, least: int) -> str:
    """`node`, in parentheses if it binds less than `least`."""
    text, binds = _text(node)
    return f"({text})" if binds < least else text


def _text(node: Node) -> tuple[str, int]:
    """The text of `node`, and how tightly it binds."""
    match node:
        case And(parts=()):
            return "*", _ATOM
        case Or(parts=()):
            return "-*", _UNARY
        case And(parts=(part,)) | Or(parts=(part,)):
            return _text(part)
        case And():
            named = any(_is_name(part) for part in node.parts)
            pieces = (
                f"({_atom(part)})" if named and _is_kinds(part) else _print(part, _NEAR)
                for part in node.parts
            )
            return " ".join(pieces), _AND
        case Or():
            return " OR ".join(_print(part, _AND) for part in node.parts), _OR
        case Not():
            return f"-{_print(node.child, _UNARY if isinstance(node.child, Boost) else _ATOM)}", _UNARY
        case Near():
            left, right = _print(node.left, _NEAR), _print(node.right, _UNARY)
            return f"{left} NEAR/{node.distance} {right}", _NEAR
        case Boost():
            return f"{_boosted(node.child)}^{_number(node.factor)}", _UNARY
        case Content():
            inner = f"({_print(node.child, _OR)})" if _grouped(node.child) else _print(node.child, _ATOM)
            return f"content:{inner}", _ATOM
        case Symbol() if node.text and node.kinds:
            return f"{_symbol(node)} kind:{','.join(sorted(node.kinds))}", _AND
        case _:
            return _atom(node), _ATOM


def _boosted(child: Node) -> str:
    """What stands before ``^``: filters keep theirs in parentheses, for a value may hold a ``^``."""
    plain = isinstance(child, Word | Phrase | Pattern | Wildcard | Fuzzy | Meaning | Symbol)
    plain = plain or (isinstance(child, Content) and not _grouped(child.child))
    text, binds = _text(child)
    return text if plain and binds == _ATOM and not _is_kinds(child) else f"({text})"


def _is_name(node: Node) -> bool:
    """Whether a ``kind:`` beside `node` would be read as a part of it."""
    if isinstance(node, Boost):
        return _is_name(node.child)
    return isinstance(node, Symbol) and bool(node.text) and not node.kinds


def _is_kinds(node: Node) -> bool:
    return isinstance(node, Symbol) and not node.text


def _grouped(child: Node) -> bool:
    """Whether the child of a `Content` needs parentheses."""
    return not isinstance(child, Word | Phrase | Pattern | Wildcard | Fuzzy | Meaning)


def _atom(node: Node) -> str:
    match node:
        case Word():
            return _word(node.text)
        case Phrase(slop=None):
            return _quote(node.text)
        case Phrase():
            return f"{_quote(node.text)}~{node.slop}"
        case Pattern():
            return _slashes(node.source)
        case Wildcard():
            return _wildcard(node.text)
        case Fuzzy():
            return f"{node.text}~{node.distance}"
        case Meaning():
            return f"~{_quote(node.text)}"
        case Structure():
            return f"ast:{_quote(node.pattern, chr(39))}"
        case Symbol():
            return _symbol(node) if node.text else f"kind:{','.join(sorted(node.kinds))}"
        case Path():
            return _styled("file", node.text, node.style)
        case Repository():
            return _styled("repo", node.text, node.style)
        case Language():
            return f"lang:{node.name}"
        case Extension():
            return _value("ext", node.text)
        case Size():
            return f"size:{node.operator}{_bytes(node.bytes)}"
        case Modified():
            return f"modified:{node.operator}{node.when}"
        case Is():
            return f"is:{node.what}"
        case _:
            raise AssertionError(node)


def _word(text: str) -> str:
    """A word, with escapes where it would be something else: a field, an operator, a wildcard..."""
    if text.isalnum() and not OPERATORS.fullmatch(text):  # the usual one costs 1 us so, else 50
        return text
    if _is_token(text, Kind.WORD, text):
        return text
    if _is_token(f"\\{text}", Kind.WORD, text):
        return f"\\{text}"
    return re.sub(r"[\s\S]", lambda char: f"\\{char[0]}" if char[0] in ESCAPABLE else char[0], text)


def _wildcard(text: str) -> str:
    if _is_token(text, Kind.WILDCARD, text):
        return text
    # All that means something but the stars and question marks that stand for others.
    pieces = re.findall(r"\\[\s\S]|[\s\S]", text)
    return "".join(
        piece if len(piece) == 2 or piece in "*?" or piece not in ESCAPABLE else f"\\{piece}"
        for piece in pieces
    )


def _is_token(text: str, kind: Kind, wanted: str) -> bool:
    """Whether `text` is that token, behind a dash and before a parenthesis too."""
    if _could_open(text):
        return False
    try:
        tokens = lex(f"(-{text}) (content:{text}) ({text})")
    except QuerySyntaxError:
        return False
    kinds = [Kind.OPEN, Kind.NOT, kind, Kind.CLOSE, Kind.OPEN, Kind.FIELD, kind, Kind.CLOSE, Kind.OPEN, kind]
    return [token.kind for token in tokens] == [*kinds, Kind.CLOSE, Kind.END] and tokens[2].text == wanted


def _symbol(node: Symbol) -> str:
    return _styled("sym", node.text, node.style)


def _styled(field: str, text: str, style: Style) -> str:
    if style is Style.REGEX:
        return f"{field}:{_slashes(text)}"
    if style is Style.GLOB:
        return f"{field}:\\{text}" if _could_open(text) else f"{field}:{text}"
    return _value(field, text)


def _could_open(text: str) -> bool:
    """Whether `text` may begin a pattern, which a slash at the end of a later word would close."""
    return text.startswith("/") and "/" not in text[1:]


def _value(field: str, text: str) -> str:
    """A value that is text and nothing else; in quotes where it would be a glob, a regular expression, a group..."""
    plain = re.fullmatch(r"[\w./@#%&~:!<>=-]*[\w.@#%&~:!<>=-]", text) and not text.startswith("/")
    return f"{field}:{text}" if plain else f"{field}:{_quote(text)}"


def _quote(text: str, quote: str = '"') -> str:
    inner = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    return f"{quote}{inner}{quote}"


def _slashes(source: str) -> str:
    escaped = re.sub(r"\\[\s\S]|/", lambda found: "\\/" if found[0] == "/" else found[0], source)
    return f"/{escaped}/"


def _number(value: float) -> str:
    return format(Decimal(repr(value)), "f").removesuffix(".0")


def _bytes(size: int) -> str:
    for unit, letter in _UNITS:
        if size and size % unit == 0:
            return f"{size // unit}{letter}"
    return str(size)
