"""By what a query shows that it is written in the query language: what neither code nor prose has.

Two strengths: a sign that is clear (a field, an operator in capitals) holds whatever stands around it, and mistakes
in such a query are told to the user; the others only where the text looks like nothing else.
"""

from __future__ import annotations

import re

from codelode.errors import QuerySyntaxError
from codelode.query.fieldnames import FIELDS, field_like
from codelode.query.lexer import Kind, lex
from codelode.query.parser import parse_query

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_LETTERS = frozenset(name for name in FIELDS if len(name) == 1)
_FIELD = re.compile(r"(?:^|\s)[-(]*([A-Za-z]+):(?![:\s)]|//|$)")
_AFTER_LETTER = re.compile(r"[\w./*(\"]")
_OPERATOR = re.compile(r"\S\s+(AND|OR|NEAR|NEAR/\S*|near/\d+)[\s(]+[^\s)]|(?:^|[\s(])(NOT)[\s(]+[^\s)]")
# Before or after these words it is said loudly: "does NOT work".
_LOUD = re.compile(
    r"\b(?i:am|are|be|been|can|could|did|do|does|had|has|have|is|may|might|must|need|shall|should|was|were|why|will"
    r"|would)\s+(?:\S+\s+)?NOT\b|\bNOT (?:a|an|be|been|the|to|yet)\b|\b(?:an?|the|with) (?:AND|OR)\b"
)
# Text with one of these is a sentence, in which quotes quote and a dash begins an option.
_SENTENCE = re.compile(
    r"\b(?:a|an|and|are|as|be|by|does|don't|for|from|how|in|into|is|it|its|of|on|our|should|than|that|the|them|there"
    r"|these|this|those|to|use|was|we|were|what|when|where|which|who|why|will|with|you|your)\b",
    re.IGNORECASE,
)
LONGEST = 8
"""Terms of a text whose signs are not clear: more are a sentence.  Of 9,400 titles of commits and questions without a
query among them 0.2 % have such a sign; 0.9 % had without this and `_SENTENCE`."""
# What makes capitals SQL's: foo IS NOT NULL, WHERE a = 1 AND b = 2.
_SQL = re.compile(
    r"\b(?:SELECT|FROM|WHERE|INSERT|UPDATE|DELETE|CREATE|TABLE|JOIN|EXISTS|NULL|IS|IN|LIKE|BETWEEN|VALUES|SET|HAVING)\b"
)
_MEANING = re.compile(r'(?:^|[\s(])~"')
_SLOP = re.compile(r'(?:^|[\s(-])""~\d')
_LONE_QUOTES = re.compile(r'(?:^|[\s(-])""(?=$|[\s)^])')
_META = re.compile(r"[\\^$.*+?|\[\]]")
_FUZZY = re.compile(r"(?:^|[\s(-])[A-Za-z]*[a-z]{3,}~[12](?=$|[\s)^])")
_WILDCARD = re.compile(r"(?:^|[\s(-])(?=[\w?]*[a-z]{2})(?:[a-z0-9_]+\*|\w+\?\w+)(?=$|[\s)^])")
_POINTER = re.compile(r"(?:^|[\s(])(?:char|int|void|long|short|float|double|bool|unsigned|const|\w+_t)\*")
_DASH = re.compile(r"\S\s+-([a-z]{2,}\S*)")
# What a dash is an option's mark in: ls -la, gcc -shared x.c, --color -rn.
_OPTIONS = re.compile(
    r"(?:sudo )?(?:awk|bash|cargo|cc|chmod|clang|cp|curl|docker|find|gcc|git|go|grep|java|kill|kubectl|ln|ls|make"
    r"|mkdir|mount|mv|node|npm|perl|pip|ps|python3?|rg|rm|rsync|scp|sed|sh|sort|ssh|tail|tar|wget|xargs)\s"
    r"|.*(?:^|\s)-(?:-\w|\w(?=\s|$))"
)
_NEARLY_FIELD = re.compile(r"(?:^|\s)[-(]*([a-z]{3,}):[\w./*\"]")


def clear_sign(text: str) -> str:
    """What shows that `text` is in the query language, in words for the user; "" if nothing does clearly."""
    bare = _QUOTED.sub('""', text)
    several = len(bare.split()) > 1
    for found in _FIELD.finditer(bare):
        name = found[1]
        if name in FIELDS and (name not in _LETTERS or (several and _AFTER_LETTER.match(bare, found.end()))):
            return f"the field {name}:"
    operator = None if _SQL.search(bare) else _OPERATOR.search(_LOUD.sub("", bare))
    if operator:
        return f"the operator {operator[1] or operator[2]}"
    if _MEANING.search(bare):
        return "a meaning"
    return "a phrase with room between its words" if _SLOP.search(bare) else ""


def quoted_sign(text: str) -> str:
    """The same for a phrase or a pattern that does not stand alone, if `text` is no sentence; code has those too."""
    bare = _QUOTED.sub('""', text)
    has_phrase = _LONE_QUOTES.search(bare)
    if not (has_phrase or "/" in bare) or not 1 < len(bare.split()) <= LONGEST:
        return ""
    if _SENTENCE.search(bare) or not _parses(text):
        return ""
    if has_phrase:
        return "a phrase beside other terms"
    sources = [token.text for token in lex(text) if token.kind is Kind.PATTERN]
    # A plain name between slashes is a folder's.
    is_pattern = any(source == source.strip() and _META.search(source) for source in sources)
    return "a pattern beside other terms" if is_pattern else ""


def faint_sign(text: str) -> str:
    """The same for what is in the language, if `text` is neither code nor a regular expression nor a sentence."""
    bare = _QUOTED.sub('""', text)
    if len(bare.split()) > LONGEST or _SENTENCE.search(bare):
        return ""
    if len(bare.split()) > 1:
        for found in _NEARLY_FIELD.finditer(bare):
            if field_like(found[1]):
                return f"nearly a field ({found[1]}:)"
    sign = ""
    if _FUZZY.search(bare):
        sign = "a fuzzy word"
    elif _WILDCARD.search(bare) and not _POINTER.search(bare):
        sign = "a wildcard"
    elif (dash := _DASH.search(bare)) and not _OPTIONS.match(bare):
        sign = f"a NOT (-{dash[1]})"
    return sign if sign and _parses(text) else ""


def _parses(text: str) -> bool:
    """Mistakes are told only where it is clear that a query was meant."""
    try:
        parse_query(text)
    except QuerySyntaxError:
        return False
    return True
