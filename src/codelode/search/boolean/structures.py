"""Structural patterns as atoms of a query."""

from __future__ import annotations

import numpy as np

from codelode.query.literals import literal_tree
from codelode.search.boolean.masks import files_with_all
from codelode.search.boolean.subject import Subject
from codelode.search.snapshot import Mask, OpenSegment
from codelode.search.spans import Span
from codelode.search.structural import FOLDED_KEYWORDS, StructurePattern, find_in_text


class StructureFinder:
    """A structural pattern."""

    def __init__(self, pattern: StructurePattern) -> None:
        self._pattern = pattern
        # The keywords of some languages are written in any case.
        fold = pattern.language in FOLDED_KEYWORDS
        self._trees = tuple(literal_tree(word, ignore_case=fold) for word in pattern.words)

    def candidates(self, part: OpenSegment, within: Mask) -> Mask:
        """The files of its language in `within` that have its words."""
        table = part.files
        if self._pattern.language not in table.languages:
            return np.zeros(len(table), bool)
        own = within & (table.language_codes == table.languages.index(self._pattern.language))
        return files_with_all(self._trees, part, own)

    def spans(self, subject: Subject, most: int | None) -> list[Span]:
        """The matches, those inside another left out."""
        if subject.part.files.language(subject.ordinal) != self._pattern.language:
            return []
        text = subject.text.decode("utf-8", "replace")
        found: list[Span] = []
        at = size = last = 0
        for start, end in find_in_text(self._pattern, subject.path, text):
            if start < last:
                continue
            size += len(text[at:start].encode())
            width = len(text[start:end].encode())
            found.append((size, size + width))
            at, size, last = end, size + width, end
        return found
