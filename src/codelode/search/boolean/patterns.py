"""Regular expressions as atoms of a query."""

from __future__ import annotations

from codelode.model import Case
from codelode.query.patternwords import pattern_words
from codelode.query.regex import parse
from codelode.query.trees import TrigramTree
from codelode.search.boolean.atoms import Candidates
from codelode.search.boolean.masks import BlockCandidates, files_satisfying
from codelode.search.boolean.subject import Subject
from codelode.search.budget import Budget
from codelode.search.patterns import compile_pattern
from codelode.search.spans import Span
from codelode.text import tokens


class PatternFinder:
    """A regular expression."""

    def __init__(self, source: str, case: Case, budget: Budget) -> None:
        """Raises PatternError."""
        self._pattern = compile_pattern(source, case, budget)
        texts = pattern_words(parse(source).root)
        self.words = tuple(dict.fromkeys(word for text in texts for word in tokens.words(text)))
        """words that most texts with a match have, in lower case as `text.tokens` cuts them"""

    @property
    def tree(self) -> TrigramTree:
        """The trigrams of a file with a match."""
        return self._pattern.tree

    @property
    def candidates(self) -> Candidates:
        """The files that may have a match."""
        if self._pattern.multiline:
            return lambda part, within: files_satisfying(self.tree, part, within)
        return BlockCandidates(self.tree)

    def spans(self, subject: Subject, most: int | None) -> list[Span]:
        """Its matches; for an empty one, of no length."""
        return self._pattern.find_in_files([subject.text])[0]
