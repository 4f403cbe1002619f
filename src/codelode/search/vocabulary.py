"""The names that the query language takes from the rest: languages, kinds of definitions, what a word is."""

from __future__ import annotations

from codelode.query.ast import Query
from codelode.query.fields import Vocabulary
from codelode.query.parser import parse_query
from codelode.search.symbolname import kind_codes
from codelode.structure.rules import KINDS
from codelode.text import languages, tokens


def parse(text: str) -> Query:
    """The tree of `text`, all names in it checked; raises QuerySyntaxError."""
    return parse_query(text, VOCABULARY)


def _kinds_of(word: str) -> frozenset[str]:
    return frozenset(KINDS[code] for code in kind_codes(frozenset({word})))


VOCABULARY = Vocabulary(languages.called, languages.known(), _kinds_of, KINDS, tokens.words)
