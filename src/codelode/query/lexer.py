r"""The query language's tokens, as docs/query_syntax.md has them.

What is no operator, field, quoted text or pattern is a word: a run of characters other than white space.  A
parenthesis begins a group only where a token begins; inside a word it belongs to the word, and ``)`` ends the word
where it closes nothing in it.  A backslash before a character with a meaning takes that meaning away.
"""

from __future__ import annotations

import enum
import re
from typing import NamedTuple

from codelode.query.complaints import complaint
from codelode.query.fieldnames import EXAMPLES, FIELDS, SHORTEST_NAME, WITH_PATTERNS, field_like


class Kind(enum.Enum):
    """What a token is."""

    OPEN = enum.auto()
    CLOSE = enum.auto()
    AND = enum.auto()
    OR = enum.auto()
    NOT = enum.auto()
    NEAR = enum.auto()
    """`number`: the distance"""
    BOOST = enum.auto()
    """``^2`` right behind what it is about; `number`: the factor"""
    WORD = enum.auto()
    WILDCARD = enum.auto()
    FUZZY = enum.auto()
    """`number`: the distance"""
    EVERYTHING = enum.auto()
    """a star alone"""
    QUOTED = enum.auto()
    """`number`: the slop, 0 without"""
    MEANING = enum.auto()
    PATTERN = enum.auto()
    FIELD = enum.auto()
    """`text`: the field's name, no alias; what follows is its value, or the group of its values"""
    VALUE = enum.auto()
    """a field's value that is neither quoted nor between slashes, as it stands"""
    END = enum.auto()


class Token(NamedTuple):
    """A token; `at` is where it begins, in characters from 0."""

    kind: Kind
    text: str
    at: int
    number: float = 0


OPERATORS = re.compile(r"AND|and|OR|or|NOT|NEAR(?:/[^\s()]*)?|near/\d+")
"""What is an operator and no word when it stands alone; ``and`` and ``or`` only between two operands."""

DEFAULT_NEAR = 10
ESCAPABLE = frozenset("()\"\\*?~^-/:>='")
"""What a backslash may stand before: elsewhere it is a backslash (``C:\\temp``, ``\\n``)."""

_NOT_BEFORE = frozenset("->=")
"""What a dash that begins a token may not be followed by to mean NOT: ``--flag``, ``->next`` and ``-=`` are words."""
_OPERATOR = re.compile(rf"({OPERATORS.pattern})(?=[\s()]|$)")
_FIELD = re.compile(r"([A-Za-z]+):(?!:|//)")
_BOOST = re.compile(r"\^(\d+(?:\.\d+)?|\.\d+)(?=[\s)]|$)")
_LAST_BOOST = re.compile(r"(?<=.)\^(\d+(?:\.\d+)?|\.\d+)$", re.DOTALL)
_LAST_FUZZY = re.compile(r"~(\d*)$")
_NEAR_NUMBER = re.compile(r"[1-9]\d{0,5}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED = "\0"
"""stands for an escaped character where only those with a meaning are looked for"""


def lex(text: str) -> list[Token]:
    """The tokens of `text`, the last one `Kind.END`; raises QuerySyntaxError."""
    if broken := _SURROGATE.search(text):
        raise complaint(
            "what is no Unicode text is in no file, which are searched as UTF-8",
            broken.start(),
            "text; in a path, ? for it",
            "retry file:caf?.txt",
        )
    lexer = _Lexer(text)
    lexer.run()
    return lexer.tokens


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[Token] = []
        self._at = 0
        self._groups: list[str] = []
        """for each open parenthesis the field whose values are in it, or \"\""""
        self._unknown: list[tuple[str, int]] = []

    def run(self) -> None:
        text = self.text
        while self._at < len(text):
            char = text[self._at]
            field = self._groups[-1] if self._groups else ""
            if char.isspace():
                self._at += 1
            elif char == "(":
                self._open(field)
            elif char == ")":
                self._close()
            elif self._operator() or self._not():
                pass
            elif field:
                self._value(field)
            elif not self._field():
                self._atom()
        self._check_unknown()
        self._add(Kind.END, "")

    def _add(self, kind: Kind, text: str, number: float = 0, end: int | None = None) -> None:
        self.tokens.append(Token(kind, text, self._at, number))
        self._at = self._at if end is None else end

    def _ends(self, at: int) -> bool:
        """Whether a token ends at `at` for want of more."""
        return at >= len(self.text) or self.text[at].isspace() or self.text[at] == ")"

    # ---- groups and operators

    def _open(self, field: str) -> None:
        self._add(Kind.OPEN, "(", end=self._at + 1)
        self._groups.append(field)

    def _close(self) -> None:
        if not self._groups:
            raise complaint(
                '")" closes nothing', self._at, 'a "(" before it, or the text in quotes', '"f(a, b)"'
            )
        self._groups.pop()
        self._add(Kind.CLOSE, ")", end=self._at + 1)
        self._boost()

    def _operator(self) -> bool:
        """Takes AND, OR, NOT or NEAR if one stands here, alone or before a parenthesis."""
        found = _OPERATOR.match(self.text, self._at)
        if found is None or (self.text[found.end() : found.end() + 1] == "(" and not found[1].isupper()):
            return False
        word, end = found[1], found.end()
        name, slash, number = word.upper().partition("/")
        if name != "NEAR":
            self._add(Kind[name], word, end=end)
            return True
        if slash and not _NEAR_NUMBER.fullmatch(number):
            raise complaint(
                f'"{word}" has no distance', self._at, "a number of words from 1 up", "retry NEAR/5 backoff"
            )
        self._add(Kind.NEAR, word, int(number) if slash else DEFAULT_NEAR, end)
        return True

    def _not(self) -> bool:
        after = self._at + 1
        if self.text[self._at] != "-" or self._ends(after) or self.text[after] in _NOT_BEFORE:
            return False
        self._add(Kind.NOT, "-", end=self._at + 1)
        return True

    def _boost(self) -> None:
        """Takes the ``^2`` behind what just ended, if there is one."""
        if not self.text.startswith("^", self._at):
            return
        found = _BOOST.match(self.text, self._at)
        if found is None or not float(found[1]):
            raise complaint('"^" has no weight', self._at, "a number above 0", '"retry later"^2')
        self._add(Kind.BOOST, found[0], float(found[1]), found.end())

    # ---- fields

    def _field(self) -> bool:
        found = _FIELD.match(self.text, self._at)
        if found is None:
            return False
        end = found.end()
        field = FIELDS.get(found[1])
        if field is None:
            if not self._ends(end) and self.text[end] != "^":
                self._unknown.append((found[1], self._at))
            return False
        self._add(Kind.FIELD, field, end=end)
        if self._ends(end):
            raise complaint(
                f'"{found[0]}" has no value', found.start(), "a value right behind it", EXAMPLES[field]
            )
        if self.text[end] == "(" and (field == "content" or self._is_group()):
            self._open("" if field == "content" else field)
        elif field == "content":
            self._atom()
        else:
            self._value(field)
        return True

    def _is_group(self) -> bool:
        """Whether the parenthesis here holds a field's values, and is no part of one (``file:(a|b)\\.go``)."""
        depth, at = 0, self._at
        while at < len(self.text) and not self.text[at].isspace():
            char = self.text[at]
            depth += (char == "(") - (char == ")")
            at += 2 if char == "\\" else 1
            if not depth:
                return self._ends(at) or self.text[at] == "^"
        return True

    def _value(self, field: str) -> None:
        char = self.text[self._at]
        if char == '"' or (field == "ast" and char == "'"):
            self._quoted(Kind.QUOTED, self._at)
        elif field in WITH_PATTERNS and (end := self._pattern_end(self._at)):
            self._pattern(end)
        else:
            end = self._run_end(self._at)
            value = self.text[self._at : end]
            if field == "sym" and (boost := _LAST_BOOST.search(value)):
                end -= len(boost[0])
            # As in words, \/ is a slash that begins no pattern.
            skipped = self.text.startswith("\\/", self._at)
            self._add(Kind.VALUE, self.text[self._at + skipped : end], end=end)
            if field != "sym":
                return
        self._boost()

    def _check_unknown(self) -> None:
        """Refuses what looks like a field, where it resembles one or the rest of the query is in the language."""
        signs = {Kind.FIELD, Kind.MEANING, Kind.NEAR}
        clear = any(
            token.kind in signs or (token.kind in (Kind.AND, Kind.OR, Kind.NOT) and token.text.isupper())
            for token in self.tokens
        )
        for name, at in self._unknown:
            close = field_like(name)
            if close or (clear and name.islower() and len(name) >= SHORTEST_NAME):
                expected = f'"{close}:"' if close else f"one of {', '.join(sorted(EXAMPLES))}"
                raise complaint(
                    f'no field is called "{name}:"', at, f"{expected}, or the text in quotes", f'"{name}:"'
                )

    # ---- atoms

    def _atom(self) -> None:
        if self.text[self._at] == '"':
            self._quoted(Kind.QUOTED, self._at)
        elif self.text.startswith('~"', self._at):
            self._quoted(Kind.MEANING, self._at + 1)
        elif end := self._pattern_end(self._at):
            self._pattern(end)
        else:
            self._word()
        self._boost()

    def _quoted(self, kind: Kind, opening: int) -> None:
        quote = self.text[opening]
        chars: list[str] = []
        at = opening + 1
        while at < len(self.text) and self.text[at] != quote:
            at += self.text[at] == "\\" and self.text[at + 1 : at + 2] in (quote, "\\")
            chars.append(self.text[at])
            at += 1
        example = "ast:'open($A)'" if quote == "'" else '"a phrase"'
        if at >= len(self.text):
            raise complaint("the quote is not closed", opening, f"another {quote} behind the text", example)
        inner, end, slop = "".join(chars), at + 1, 0
        if not inner.strip():
            raise complaint("nothing is in the quotes", opening, "a text", example)
        if kind is Kind.QUOTED and self.text.startswith("~", end):
            found = re.compile(r"~([1-9]\d{0,5})(?=[\s)^]|$)").match(self.text, end)
            if found is None:
                raise complaint(
                    '"~" behind a phrase has no number', end, "so many words from 1 up", '"open file"~5'
                )
            slop, end = int(found[1]), found.end()
        self._add(kind, inner, slop, end)

    def _pattern_end(self, at: int) -> int:
        """Behind the slash that closes a pattern that begins at `at`; 0 when none begins there.

        What a path is should stay a word: between the slashes are white space or slashes, not both.
        """
        if self.text[at] != "/":
            return 0
        slashes = spaces = False
        end = at + 1
        while end < len(self.text):
            char = self.text[end]
            if char == "/":
                if self._ends(end + 1) or self.text[end + 1] == "^":
                    return end + 1 if end > at + 1 else 0
                slashes = True
            spaces = spaces or char.isspace()
            if slashes and spaces:
                return 0
            end += 2 if char == "\\" else 1
        return 0

    def _pattern(self, end: int) -> None:
        self._add(Kind.PATTERN, unslashed(self.text[self._at + 1 : end - 1]), end=end)

    def _run_end(self, at: int) -> int:
        """Where the run of characters that begins at `at` ends."""
        depth = 0
        while at < len(self.text) and not self.text[at].isspace():
            char = self.text[at]
            if char == ")" and not depth:
                break
            depth += (char == "(") - (char == ")")
            at += 2 if char == "\\" and self.text[at + 1 : at + 2] in ESCAPABLE else 1
        return min(at, len(self.text))

    def _word(self) -> None:
        end = self._run_end(self._at)
        raw = self.text[self._at : end]
        if raw.startswith("\\") and OPERATORS.fullmatch(raw[1:]):
            self._add(Kind.WORD, raw[1:], end=end)
            return
        chars, mask = unescape(raw)
        if boost := _LAST_BOOST.search(mask):
            size = len(boost[0])
            end, chars, mask = end - size, chars[:-size], mask[:-size]
        fuzzy = _LAST_FUZZY.search(mask)
        if fuzzy and re.search(r"\w", chars[: fuzzy.start()]):
            self._add(Kind.FUZZY, chars[: fuzzy.start()], int(fuzzy[1] or 1), end)
        elif mask == "*":
            self._add(Kind.EVERYTHING, mask, end=end)
        elif _is_wildcard(chars, mask):
            plain = zip(chars, mask, strict=True)
            text = "".join("\\" + c if c == "\\" or (c in "*?" and m == _ESCAPED) else c for c, m in plain)
            self._add(Kind.WILDCARD, text, end=end)
        else:
            self._add(Kind.WORD, chars, end=end)


def unslashed(source: str) -> str:
    """The regular expression `source` without the backslashes before its slashes."""
    return re.sub(r"\\(.)", lambda pair: "/" if pair[1] == "/" else pair[0], source, flags=re.DOTALL)


def unescape(raw: str) -> tuple[str, str]:
    """`raw` without its escapes, and the same with another character where one was escaped."""
    chars: list[str] = []
    mask: list[str] = []
    at = 0
    while at < len(raw):
        escaped = raw[at] == "\\" and raw[at + 1 : at + 2] in ESCAPABLE and at + 1 < len(raw)
        at += escaped
        chars.append(raw[at])
        mask.append(_ESCAPED if escaped else raw[at])
        at += 1
    return "".join(chars), "".join(mask)


def _is_wildcard(chars: str, mask: str) -> bool:
    """Whether stars and question marks in a word stand for others: not in ``/*``, and not in ``why?``."""
    if not re.search(r"\w", chars):
        return False
    return "*" in mask or "?" in mask[:-1]
