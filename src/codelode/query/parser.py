"""The query language's parser: text to tree, by recursive descent.

or    := and ((OR | or) and)*
and   := near ((AND | and)? near)*             case: and type: may stand among them
near  := unary (NEAR/n unary)*
unary := (NOT | -) unary | atom ^factor?
atom  := ( or ) | field:value | field:( or ) | word | "phrase" | /pattern/ | ~"meaning" | ...
"""

from __future__ import annotations

from dataclasses import replace

from codelode.query.ast import (
    EVERYTHING,
    And,
    Boost,
    CaseRule,
    Content,
    Fuzzy,
    Meaning,
    Near,
    Node,
    Not,
    Or,
    Pattern,
    Phrase,
    Query,
    Results,
    Symbol,
    Wildcard,
    Word,
)
from codelode.query.complaints import complaint, nearest
from codelode.query.fields import Vocabulary, node_of
from codelode.query.lexer import Kind, Token, lex

MAX_DEPTH = 100
"""Groups inside groups, and operands of one NEAR.  Walking the tree takes a few Python frames a level, of 1,000."""
MAX_FUZZY = 2
SHORTEST_FUZZY = 3
"""letters of a fuzzy word: of two, one may be any and the other missing"""

_CASES = {rule.value: rule for rule in CaseRule}
_RESULTS = {
    "file": Results.FILES,
    "filename": Results.FILES,
    "path": Results.FILES,
    "repo": Results.REPOSITORIES,
    "symbol": Results.SYMBOLS,
}
_SETTINGS = {"case": "yes, no or auto", "type": "file, repo or symbol"}
_NO_OPERAND = frozenset({Kind.CLOSE, Kind.END})
_NEAR_OPERANDS = (Word, Phrase, Pattern, Wildcard, Fuzzy, Near)


def parse_query(text: str, vocabulary: Vocabulary | None = None) -> Query:
    """The tree of `text`; raises QuerySyntaxError.  Names of languages and kinds are checked with a `vocabulary`."""
    parser = _Parser(lex(text), vocabulary)
    root = parser.query()
    return Query(root, parser.case or CaseRule.AUTO, parser.results or Results.LINES)


class _Parser:
    def __init__(self, tokens: list[Token], vocabulary: Vocabulary | None) -> None:
        self.case: CaseRule | None = None
        self.results: Results | None = None
        self._tokens = tokens
        self._vocabulary = vocabulary
        self._next = 0
        self._depth = 0
        self._field = ""
        """whose values the group holds that is being parsed"""

    def query(self) -> Node:
        if self._peek().kind is Kind.END:
            raise complaint("the query is empty", 0, "something to look for", "retry lang:go")
        return self._or(Token(Kind.OPEN, "", 0))

    def _peek(self, ahead: int = 0) -> Token:
        return self._tokens[min(self._next + ahead, len(self._tokens) - 1)]

    def _take(self) -> Token:
        token = self._peek()
        self._next += 1
        return token

    def _deeper(self, token: Token) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise complaint(
                f"more than {MAX_DEPTH} groups, NOTs or NEARs inside each other",
                token.at,
                "fewer",
                "a (b OR c)",
            )

    # ---- operators

    def _or(self, opening: Token) -> Node:
        parts = [self._and(opening)]
        while (before := self._peek()).kind is Kind.OR:
            self._next += 1
            parts.append(self._and(before))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self, before: Token) -> Node:
        """A list of operands; `before` is what stands in front of it, for the complaint when there is none."""
        parts: list[Node] = []
        symbols: list[int] = []
        while not self._ends_list(bool(parts)):
            token = self._peek()
            if token.kind is Kind.AND and parts and self._is_operator():
                before = self._take()
                if self._peek().kind in _NO_OPERAND:
                    raise self._lacking(before)
            if self._is_setting():
                self._setting()
                continue
            if self._peek().kind is Kind.FIELD and self._peek().text in ("sym", "kind"):
                symbols.append(len(parts))
            parts.append(self._near())
        if not parts:
            raise self._lacking(before)
        parts = _joined(parts, symbols)
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _ends_list(self, begun: bool) -> bool:
        token = self._peek()
        return token.kind in _NO_OPERAND or (token.kind is Kind.OR and begun and self._is_operator())

    def _is_operator(self) -> bool:
        """Whether the AND, OR or NEAR here, behind an operand, is no word: in lower case it needs one on both sides."""
        token, after = self._peek(), self._peek(1)
        if not token.text.islower():
            return True
        binds = after.kind in (Kind.AND, Kind.OR, Kind.NEAR) and not after.text.islower()
        return after.kind not in _NO_OPERAND and not binds

    def _lacking(self, before: Token) -> Exception:
        token = self._peek()
        if before.kind is Kind.OPEN:
            what = "the group is empty" if before.text else "nothing is looked for"
            if token.kind is Kind.OR:
                return complaint(
                    f'"{token.text}" has nothing before it', token.at, "an operand", "retry OR backoff"
                )
            return complaint(what, before.at, "something to look for", "(retry OR backoff) lang:go")
        return complaint(
            f'"{before.text}" has nothing behind it', before.at, "an operand", f"retry {before.text} backoff"
        )

    def _near(self) -> Node:
        depth = self._depth
        at = self._peek().at
        node = self._unary()
        while self._peek().kind is Kind.NEAR and self._is_operator():
            token = self._take()
            self._deeper(token)
            if self._peek().kind in _NO_OPERAND:
                raise self._lacking(token)
            self._check_near(node, at)
            at = self._peek().at
            right = self._unary()
            self._check_near(right, at)
            node = Near(node, right, int(token.number))
        self._depth = depth
        return node

    def _check_near(self, node: Node, at: int) -> None:
        if not _can_be_near(node):
            raise complaint(
                "NEAR cannot have this operand",
                at,
                "a word, phrase, pattern, wildcard or fuzzy word, or an OR of them",
                '(retry OR "try again") NEAR/5 backoff',
            )

    def _unary(self) -> Node:
        token = self._peek()
        if token.kind is not Kind.NOT:
            return self._boosted()
        self._next += 1
        if self._peek().kind in _NO_OPERAND:
            raise self._lacking(token)
        if self._is_setting():
            raise complaint(
                f'"{self._peek().text}:" cannot be negated',
                token.at,
                "it without NOT, for the whole query",
                "retry case:yes",
            )
        self._deeper(token)
        child = self._unary()
        self._depth -= 1
        if _has_meaning(child):
            raise complaint(
                "a meaning cannot be negated: every text has some likeness to it",
                token.at,
                "NOT before words, patterns or filters",
                '~"growing delays" -test',
            )
        return Not(child)

    def _boosted(self) -> Node:
        node = self._atom()
        while self._peek().kind is Kind.BOOST:
            node = Boost(node, self._take().number)
        return node

    # ---- atoms

    def _atom(self) -> Node:
        token = self._take()
        if token.kind is Kind.OPEN:
            return self._group(token, self._field)
        if token.kind is Kind.FIELD:
            return self._field_value(token)
        if token.text.islower() and token.kind in (Kind.AND, Kind.OR, Kind.NEAR):
            return Word(token.text) if not self._field else self._value(self._field, token)
        if token.kind in (Kind.AND, Kind.OR, Kind.NEAR):
            raise complaint(
                f'"{token.text}" has nothing before it',
                token.at,
                f'an operand, or "{token.text}" in quotes for the word',
                f"retry {token.text} backoff",
            )
        if self._field:
            return self._value(self._field, token)
        return self._content(token)

    def _group(self, opening: Token, field: str) -> Node:
        self._deeper(opening)
        outer, self._field = self._field, field
        node = self._or(opening)
        if self._peek().kind is not Kind.CLOSE:
            raise complaint('"(" is not closed', opening.at, 'a ")" behind it', "(retry OR backoff) lang:go")
        self._next += 1
        self._depth -= 1
        self._field = outer
        return node

    def _field_value(self, field: Token) -> Node:
        if field.text in _SETTINGS:
            raise complaint(
                f'"{field.text}:" is for the whole query',
                field.at,
                "it beside the operands, not as one of NEAR",
                "retry NEAR/5 backoff case:yes",
            )
        token = self._take()
        if token.kind is Kind.OPEN:
            node = self._group(token, "" if field.text == "content" else field.text)
            if field.text == "content":
                return Content(node)
            return _one_of(node) if field.text == "kind" else node
        return Content(self._content(token)) if field.text == "content" else self._value(field.text, token)

    def _value(self, field: str, token: Token) -> Node:
        return node_of(field, token, self._vocabulary)

    def _content(self, token: Token) -> Node:
        match token.kind:
            case Kind.QUOTED if token.number:
                self._check_words(token)
                return Phrase(token.text, int(token.number))
            case Kind.QUOTED:
                return Phrase(token.text)
            case Kind.PATTERN:
                return Pattern(token.text)
            case Kind.MEANING:
                return Meaning(token.text)
            case Kind.WILDCARD:
                return Wildcard(token.text)
            case Kind.FUZZY:
                return self._fuzzy(token)
            case Kind.EVERYTHING:
                return EVERYTHING
            case _:
                return Word(token.text)

    def _check_words(self, token: Token) -> None:
        if self._vocabulary and not self._vocabulary.words(token.text):
            raise complaint(
                "no word is in the quotes", token.at, "words to be near each other", '"open file"~5'
            )

    def _fuzzy(self, token: Token) -> Node:
        word, distance = token.text, int(token.number)
        letters = word.isalnum() and word[0].isalpha() and len(word) >= SHORTEST_FUZZY
        if not letters or (self._vocabulary and self._vocabulary.words(word) != [word.lower()]):
            raise complaint(
                f'"{word}~" is no word to be misspelled',
                token.at,
                f"one word of at least {SHORTEST_FUZZY} letters, not several as in getUser or get_user; "
                "or the text in quotes",
                "retry~1",
            )
        if not 1 <= distance <= MAX_FUZZY:
            raise complaint(
                f'"{word}~{distance}" is out of range', token.at, f"1 or {MAX_FUZZY} letters", "retry~1"
            )
        return Fuzzy(word, distance)

    # ---- case: and type:

    def _is_setting(self) -> bool:
        token = self._peek()
        return token.kind is Kind.FIELD and token.text in _SETTINGS

    def _setting(self) -> None:
        field, value = self._take(), self._take()
        known = _CASES if field.text == "case" else _RESULTS
        chosen = known.get(value.text.lower()) if value.kind in (Kind.VALUE, Kind.QUOTED) else None
        if chosen is None:
            close = nearest(value.text.lower(), known)
            raise complaint(
                f'"{field.text}:" cannot be "{value.text}"',
                value.at,
                f'"{close}"' if close else _SETTINGS[field.text],
                f"retry {field.text}:{'yes' if field.text == 'case' else 'file'}",
            )
        before = self.case if isinstance(chosen, CaseRule) else self.results
        if before not in (None, chosen):
            raise complaint(
                f'"{field.text}:" is given twice, with different values',
                field.at,
                "one, for the whole query",
                f"retry {field.text}:{value.text}",
            )
        if isinstance(chosen, CaseRule):
            self.case = chosen
        elif isinstance(chosen, Results):
            self.results = chosen


def _joined(parts: list[Node], symbols: list[int]) -> list[Node]:
    """`parts` with each ``kind:`` made a part of each ``sym:`` beside it: a definition of that name and kind.

    `symbols`: places of the parts that were written so, and not as a group."""
    kinds = [part for at in symbols if isinstance(part := parts[at], Symbol) and not part.text]
    named = {at for at in symbols if parts[at] not in kinds}
    if not kinds or not named:
        return parts
    joined: list[Node] = []
    for at, part in enumerate(parts):
        if at in named:
            joined += [_of_kind(part, kind.kinds) for kind in kinds]
        elif at not in symbols:
            joined.append(part)
    return joined


def _of_kind(node: Node, kinds: frozenset[str]) -> Node:
    match node:
        case Symbol():
            return replace(node, kinds=kinds)
        case Boost() | Not():
            return replace(node, child=_of_kind(node.child, kinds))
        case And() | Or():
            return replace(node, parts=tuple(_of_kind(part, kinds) for part in node.parts))
        case _:
            return node


def _one_of(node: Node) -> Node:
    """``kind:(class OR struct)`` as ``kind:class,struct``."""
    if isinstance(node, Or) and all(isinstance(part, Symbol) for part in node.parts):
        return Symbol(
            "", kinds=frozenset().union(*(part.kinds for part in node.parts if isinstance(part, Symbol)))
        )
    return node


def _can_be_near(node: Node) -> bool:
    if isinstance(node, Boost):
        return _can_be_near(node.child)
    if isinstance(node, Or):
        return all(map(_can_be_near, node.parts))
    return isinstance(node, _NEAR_OPERANDS)


def _has_meaning(node: Node) -> bool:
    match node:
        case Meaning():
            return True
        case And() | Or():
            return any(map(_has_meaning, node.parts))
        case Boost() | Content() | Not():
            return _has_meaning(node.child)
        case _:
            return False
