"""Queries that are plain words with filters: questions, if the words stand in no file together."""

from __future__ import annotations

from typing import NamedTuple

from codelode.query import ast
from codelode.query.rewrite import simplify
from codelode.search.proposals import STOP_WORDS
from codelode.search.vocabulary import parse

SENTENCE_WORDS = 3
"""Words from which one like "how" or "the" among them makes a sentence"""


class PlainQuestion(NamedTuple):
    """Words, and what the files must be."""

    words: str
    filters: tuple[ast.Filter | ast.Not, ...]
    is_sentence: bool
    """asked as one asks a person: that a file has all the words means nothing"""


def plain_question(text: str) -> PlainQuestion | None:
    """The query `text` as a question; None when it has other parts than words and filters.  Raises QuerySyntaxError."""
    query = simplify(parse(text))
    parts = query.root.parts if isinstance(query.root, ast.And) else (query.root,)
    words: list[str] = []
    filters: list[ast.Filter | ast.Not] = []
    for part in parts:
        if isinstance(part, ast.Word):
            words.append(part.text)
        elif isinstance(part, ast.Filter) or (
            isinstance(part, ast.Not) and isinstance(part.child, ast.Filter)
        ):
            filters.append(part)
        else:
            return None
    usual = query.case is ast.CaseRule.AUTO and query.results is ast.Results.LINES
    if not usual or not words:
        return None
    sentence = len(words) >= SENTENCE_WORDS and any(word.lower() in STOP_WORDS for word in words)
    return PlainQuestion(" ".join(words), tuple(filters), sentence)
