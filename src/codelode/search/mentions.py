"""Every file that mentions a name, by the exact search of the engine: candidates, then whole words in their text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from codelode.model import Case, RelPath, SearchOptions, SearchStats
from codelode.search.batches import matched_batches
from codelode.search.candidates import FileFilter, find_candidates
from codelode.search.exact import PieceMatches, pieces_of
from codelode.search.lines import MatchedLine, group_lines
from codelode.search.matcher import LiteralMatcher, Matcher
from codelode.search.parsed import ParsedFile
from codelode.search.patterns import compile_literal
from codelode.search.snapshot import OpenSegment, Snapshot
from codelode.search.source import Sources
from codelode.search.spans import Span
from codelode.text.borders import begins_with_word, ends_in_word

_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


class NameMatcher(Matcher):
    """Finds a name as a whole word, case counting: bytes.find and a look at both neighbours, faster than RE2's
    word borders."""

    matches_empty = False

    def __init__(self, name: bytes, inner: Matcher) -> None:
        """`inner` finds `name` as a literal."""
        self._inner = inner
        self._opens = name[0] in _WORD or name[0] >= 0x80
        self._closes = name[-1] in _WORD or name[-1] >= 0x80

    @classmethod
    def of(cls, name: bytes) -> NameMatcher:
        """The matcher for `name`."""
        return cls(name, LiteralMatcher(name))

    def find_all(self, text: bytes) -> list[Span]:
        """As `Matcher.find_all`."""
        found = self._inner.find_all(text)
        size = len(text)
        return [
            (start, end)
            for start, end in found
            if not (self._opens and start and _is_word_before(text, start))
            and not (self._closes and end < size and _is_word_after(text, end))
        ]

    def matches(self, text: bytes) -> bool:
        """As `Matcher.matches`."""
        return bool(self.find_all(text))


def _is_word_before(text: bytes, at: int) -> bool:
    byte = text[at - 1]
    if byte < 0x80:
        return byte in _WORD
    return ends_in_word(text, at)


def _is_word_after(text: bytes, at: int) -> bool:
    if text[at] < 0x80:
        return text[at] in _WORD
    return begins_with_word(text, at)


def mentioning_files(
    snapshot: Snapshot, name: str, options: SearchOptions, sources: Sources, stats: SearchStats
) -> Iterator[tuple[ParsedFile, Sequence[MatchedLine]]]:
    """Each file in which `name` stands as a word, in path order, with the lines; read when it is asked for.

    Raises PatternError for a name that is no text.
    """
    compiled = compile_literal(name, Case.SENSITIVE)
    accept = FileFilter(options)
    candidates = find_candidates(
        compiled.tree, snapshot.segments, [accept.mask(part) for part in snapshot.segments]
    )
    stats.candidates += len(candidates)
    places: dict[RelPath, tuple[int, int]] = {one.path: (one.segment, one.ordinal) for one in candidates}
    matcher = NameMatcher(name.encode(), compiled.matcher)
    stale = stats.stale
    for batch in matched_batches(snapshot, candidates, sources, matcher, stats, whole=False):
        fresh = stats.stale == stale
        stale = stats.stale
        stats.matches += len(batch.spans)
        stats.matched_files += len({batch.paths[piece] for piece in set(batch.pieces)})
        for path, pieces in groupby(pieces_of(batch), key=lambda piece: piece.path):
            segment, ordinal = places[path]
            part = snapshot.segments[segment]
            read = stats.files_read
            file, lines = _whole(path, part, ordinal, list(pieces), sources, matcher, fresh)
            stats.files_read = read  # one that is read again counts once
            if file is not None and lines:
                yield file, lines


def _whole(
    path: RelPath,
    part: OpenSegment,
    ordinal: int,
    pieces: list[PieceMatches],
    sources: Sources,
    matcher: Matcher,
    fresh: bool,
) -> tuple[ParsedFile | None, list[MatchedLine]]:
    """The file with its lines; read again when only the blocks of it that can match have been."""
    size = part.files.signature(ordinal)[0]
    if len(pieces) == 1 and len(pieces[0].text) >= size:
        return ParsedFile(path, part, ordinal, pieces[0].text, fresh=fresh), pieces[0].lines
    stale = sources.stale
    text = sources.text(path, part, ordinal)
    if text is None:
        return None, []
    fresh = fresh and sources.stale == stale
    return ParsedFile(path, part, ordinal, text, fresh=fresh), group_lines(text, matcher.find_all(text))
