"""Where the words, phrases and wildcards of a query stand in a file.

Case is folded by `fold_in_place` here, so that what is found in the folded text is at the same offsets in the
text itself.  Regular expressions have ripgrep's folding instead (`search.patterns`).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from codelode.index.terms import PATH
from codelode.query.engine import Program
from codelode.query.literals import literal_tree
from codelode.query.trees import TrigramTree, all_of
from codelode.search.boolean.near import near_pairs
from codelode.search.boolean.subject import Subject
from codelode.search.snapshot import Mask, OpenSegment
from codelode.search.spans import Span
from codelode.text.borders import NO_WORD, is_border
from codelode.text.folding import fold_in_place

Trees = tuple[TrigramTree, ...]


class _Sieve:
    """Tells of most files without a match that they have none: RE2 looks for a piece of it at 3 GB/s, in the text as it
    is; to fold that and look then takes two to three times as long.  (Words are proposed by the word index, and mostly
    there.)"""

    def __init__(self, pieces: Sequence[str], *, fold: bool) -> None:
        """`pieces` are in every match; with `fold` they are folded."""
        piece = max((piece for piece in pieces if piece.isascii()), key=len, default="")
        flags = "(?i)" if fold else ""
        self._program = Program(flags + re.escape(piece)) if piece else None

    def drops(self, text: bytes) -> bool:
        """Whether there is certainly no match in `text`."""
        # Beyond ASCII (?i) knows letters that folding in place does not: of such a text the sieve says nothing.
        return self._program is not None and text.isascii() and self._program.find(text, 0, len(text))[0] < 0


class WordFinder:
    """A text from border to border."""

    def __init__(self, text: str, *, fold: bool) -> None:
        raw = text.encode()
        self._needle = fold_in_place(raw) if fold else raw
        self._fold = fold
        self.trees: Trees = (literal_tree(text, ignore_case=fold),)

    def spans(self, subject: Subject, most: int | None) -> list[Span]:
        """The first `most` places of the word, and those in the parts of the file that the word index proposes."""
        text, searched = subject.text, subject.folded if self._fold else subject.text
        found = self.find(text, searched, most)
        if most is not None and len(found) == most and subject.proposed:
            inside = [self.find(text, searched, most, start, end) for start, end in subject.proposed]
            found = sorted({*found, *itertools.chain.from_iterable(inside)})
        return found

    def find(
        self, text: bytes, searched: bytes, most: int | None, start: int = 0, stop: int | None = None
    ) -> list[Span]:
        """The first `most` places between the offsets `start` and `stop` of `searched`, which is `text` or its folded
        twin."""
        needle, width, size = self._needle, len(self._needle), len(text)
        found: list[Span] = []
        at = searched.find(needle, start, stop)
        while at >= 0 and len(found) != most:
            end = at + width
            # Most stand between white space and signs: the other rules are a call away.
            if (not at or NO_WORD[text[at - 1]] or is_border(text, at)) and (
                end == size or NO_WORD[text[end]] or is_border(text, end)
            ):
                found.append((at, end))
            at = searched.find(needle, at + 1, stop)
        return found


class PhraseFinder:
    """A text whose white space stands for any run of white space."""

    def __init__(self, text: str, *, fold: bool) -> None:
        if fold:
            text = fold_in_place(text.encode()).decode()
        pieces = text.split()
        self._fold = fold
        self._sieve = _Sieve(pieces, fold=fold)
        self._needle = text.encode() if len(pieces) == 1 and pieces[0] == text else None
        source = r"\s+".join(map(re.escape, pieces))
        # White space beside the text counts too: " if" is not "elif".
        source = r"\s+" * text[:1].isspace() + source + r"\s+" * text[-1:].isspace()
        self._ascii = (
            re.compile(source.replace(r"\s", r"[\s\x1c-\x1f]").encode()) if source.isascii() else None
        )
        self._any = re.compile(source)
        self.trees: Trees = tuple(literal_tree(piece, ignore_case=fold) for piece in pieces)

    def spans(self, subject: Subject, most: int | None) -> list[Span]:
        """The first `most` places of the phrase."""
        if self._sieve.drops(subject.text):
            return []
        searched = subject.folded if self._fold else subject.text
        if self._needle is not None:
            return _occurrences(searched, self._needle, most)
        if subject.text.isascii():
            places = (found.span() for found in self._ascii.finditer(searched)) if self._ascii else iter(())
        else:
            places = _in_bytes(searched.decode("utf-8", "replace"), self._any)
        return list(islice(places, most))


def _occurrences(text: bytes, needle: bytes, most: int | None) -> list[Span]:
    found: list[Span] = []
    width = len(needle)
    at = text.find(needle)
    while at >= 0 and len(found) != most:
        found.append((at, at + width))
        at = text.find(needle, at + width)
    return found


def _in_bytes(text: str, pattern: re.Pattern[str]) -> Iterator[Span]:
    """The matches of `pattern` as byte offsets."""
    at = size = 0
    for found in pattern.finditer(text):
        start, end = found.span()
        size += len(text[at:start].encode())
        width = len(text[start:end].encode())
        yield size, size + width
        at, size = end, size + width


class SlopFinder:
    """Words in order, each at most `slop` words behind the one before."""

    def __init__(self, text: str, slop: int, *, fold: bool) -> None:
        self._words = [WordFinder(word, fold=fold) for word in text.split()]
        self._slop = slop
        self.trees: Trees = tuple(tree for word in self._words for tree in word.trees)

    def spans(self, subject: Subject, most: int | None) -> list[Span]:
        """All places, which may overlap."""
        chains = self._words[0].spans(subject, None)
        for word in self._words[1:]:
            if not chains:
                break
            chains = near_pairs(subject, chains, word.spans(subject, None), self._slop, ordered=True).covers
        return chains


class WildcardFinder:
    """A word with ``*`` for any word characters and ``?`` for one."""

    def __init__(self, text: str, *, fold: bool) -> None:
        if fold:
            text = fold_in_place(text.encode()).decode()
        self._fold = fold
        steps = re.findall(r"\\.|.", text, re.DOTALL)
        self._opens, self._closes = steps[0] == "*", steps[-1] == "*"
        wild = {"*": r"\w*", "?": r"\w"}
        self._pattern = re.compile("".join(wild.get(step) or re.escape(step[-1]) for step in steps))
        spelled = "".join("\0" if step in wild else step[-1] for step in steps)
        pieces = [piece for piece in spelled.split("\0") if piece]
        self._anchor = max((piece.encode() for piece in pieces), key=len, default=b"")
        self._sieve = _Sieve(pieces, fold=fold)
        # All in one line, for a wildcard takes word characters only.
        self.trees: Trees = (all_of([literal_tree(piece, ignore_case=fold) for piece in pieces]),)

    def spans(self, subject: Subject, most: int | None) -> list[Span]:
        """The first `most` places."""
        if self._sieve.drops(subject.text):
            return []
        return self.find(subject.text, subject.folded if self._fold else subject.text, most)

    def find(self, text: bytes, searched: bytes, most: int | None) -> list[Span]:
        """The same in `searched`, which is `text` or its folded twin."""
        return list(islice(self._by_line(text, searched), most))

    def _by_line(self, text: bytes, searched: bytes) -> Iterator[Span]:
        """The matches line by line, only lines that hold the longest piece that is spelled out."""
        size = len(text)
        at = searched.find(self._anchor)
        while 0 <= at < size:
            start = searched.rfind(b"\n", 0, at) + 1
            end = searched.find(b"\n", at)
            end = size if end < 0 else end
            for first, last in self._in_line(text[start:end], searched[start:end]):
                yield start + first, start + last
            at = searched.find(self._anchor, end + 1)

    def _in_line(self, text: bytes, searched: bytes) -> Iterator[Span]:
        shown = searched.decode("utf-8", "replace")
        if text.isascii():
            return self._find(shown, text, None)
        offsets = [0]
        for char in shown:
            offsets.append(offsets[-1] + len(char.encode()))
        return self._find(shown, text, offsets)

    def _find(self, shown: str, text: bytes, offsets: list[int] | None) -> Iterator[Span]:
        """`offsets` of the characters of `shown` in `text`; None where they are the same."""
        at = 0
        while found := self._pattern.search(shown, at):
            start = found.start()
            first = start if offsets is None else offsets[start]
            if self._begins(shown, start, text, first):
                end = self._end(shown, start, found.end(), text, offsets)
                if end is not None:
                    yield first, end if offsets is None else offsets[end]
                    at = max(end, start + 1)
                    continue
            at = start + 1

    def _begins(self, shown: str, start: int, text: bytes, first: int) -> bool:
        if self._opens:
            return start == 0 or not _is_word_character(shown[start - 1])
        return is_border(text, first)

    def _end(self, shown: str, start: int, last: int, text: bytes, offsets: list[int] | None) -> int | None:
        """The furthest end of a match from `start` that is a border; `last` is the furthest of any."""
        for end in range(last, start, -1):
            free = self._closes or is_border(text, end if offsets is None else offsets[end])
            if free and (end == last or self._pattern.fullmatch(shown, start, end)):
                return end
        return None


def _is_word_character(char: str) -> bool:
    return char.isalnum() or char == "_"


class WordInPath:
    """The files in whose own path a word or wildcard stands."""

    def __init__(self, finder: WordFinder | WildcardFinder, words: Sequence[str], *, fold: bool) -> None:
        """`words`: those that every such path has, in lower case as `text.tokens` cuts them."""
        self._finder = finder
        self._words = words
        self._fold = fold

    def mask(self, part: OpenSegment) -> Mask:
        """Those of a segment."""
        found = np.zeros(len(part.files), bool)
        # The words of paths are indexed too, and most words are in no path of a segment.
        if any(not part.terms.frequency(PATH, word) for word in self._words):
            return found
        lines, starts = part.files.path_lines
        searched = part.files.folded_path_lines if self._fold else lines
        places = [start for start, _ in self._finder.find(lines, searched, None)]
        found[np.searchsorted(starts, places, "right") - 1] = True
        return found

    def holds(self, part: OpenSegment, ordinal: int) -> bool:
        """Whether one file is among them."""
        path = part.files.own_path(ordinal)
        return bool(self._finder.find(path, fold_in_place(path) if self._fold else path, 1))
