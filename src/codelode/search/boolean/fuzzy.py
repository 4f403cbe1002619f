"""Words with typos: which words of a text are within a few letters of another one."""

from __future__ import annotations

import re
from functools import lru_cache

from codelode.query.engine import Program
from codelode.query.trees import TrigramTree
from codelode.search.boolean.subject import Subject
from codelode.search.spans import Span
from codelode.text.borders import is_border

_ANY = r"[a-z0-9\x{80}-\x{10FFFF}]"
"""A letter or digit, or something else beyond ASCII: the exact classes made 4 ms of instructions"""

_WORD_BYTES = re.compile(rb"[A-Za-z0-9\x80-\xff]+")


class FuzzyFinder:
    """Words at most so many typos (optimal string alignment) from a given one, whatever their case."""

    trees: tuple[TrigramTree, ...] = ()
    """no trigram is certain: the word index knows the chunks"""

    def __init__(self, word: str, distance: int) -> None:
        self.word = word.lower()
        self.distance = distance
        forms = {tuple(self.word)}
        for _ in range(distance):
            forms |= {other for form in forms for other in _changed(form)}
        source = "|".join(sorted("".join(map(_escaped, form)) for form in forms))
        self._program = Program(f"(?:{source})")

    def spans(self, subject: Subject, most: int | None) -> list[Span]:
        """Spans of the words, ascending; the first `most`."""
        text, folded = subject.text, subject.folded
        found: list[Span] = []
        at, size = 0, len(folded)
        while at < size and (most is None or len(found) < most):
            start, _ = self._program.find(folded, at, size)
            if start < 0:
                break
            at = start + 1
            if not is_border(text, start):
                continue
            end = _word_end(text, start)
            if _is_close(self.word, folded[start:end].decode("utf-8", "replace"), self.distance):
                found.append((start, end))
                at = end
        return found


def _changed(form: tuple[str, ...]) -> set[tuple[str, ...]]:
    """`form` with one letter left out, one of any kind in its place or put in, or two neighbours swapped; "" is any
    letter."""
    size = len(form)
    left_out = {form[:i] + form[i + 1 :] for i in range(size)}
    other = {(*form[:i], "", *form[i + 1 :]) for i in range(size)}
    put_in = {(*form[:i], "", *form[i:]) for i in range(size + 1)}
    swapped = {(*form[:i], form[i + 1], form[i], *form[i + 2 :]) for i in range(size - 1)}
    return left_out | other | put_in | swapped


def _escaped(letter: str) -> str:
    return re.escape(letter) if letter else _ANY


def _word_end(text: bytes, start: int) -> int:
    """Where the word that begins at `start` ends."""
    run = _WORD_BYTES.match(text, start)
    stop = run.end() if run else start + 1
    end = start + 1
    while end < stop and (text[end] & 0xC0 == 0x80 or not is_border(text, end)):
        end += 1
    return end


@lru_cache(maxsize=1 << 16)
def _is_close(word: str, other: str, distance: int) -> bool:
    return abs(len(word) - len(other)) <= distance and typos(word, other) <= distance


def typos(word: str, other: str) -> int:
    """Letters added, left out, changed, or swapped with a neighbour between two words.

    Optimal string alignment (Boytsov, Indexing methods for approximate dictionary searching, 2011, section 2.2), as
    Tantivy's automaton has it."""
    rows = [list(range(len(other) + 1))]
    for i, char in enumerate(word, start=1):
        row = [i]
        for j, letter in enumerate(other, start=1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (char != letter))
            if i > 1 and j > 1 and char == other[j - 2] and word[i - 2] == letter:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]
