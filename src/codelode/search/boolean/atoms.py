"""The atoms of a query: what is found in texts, alone or near something else, and what is near in meaning."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from codelode.search.boolean.masks import BlockCandidates
from codelode.search.boolean.near import near_pairs
from codelode.search.boolean.subject import Subject
from codelode.search.boolean.tree import Bounds, FilterNode, Mark, Node, Step
from codelode.search.snapshot import Mask, OpenSegment
from codelode.search.source import Sources
from codelode.search.spans import Span

Candidates = Callable[[OpenSegment, Mask], Mask]
"""From a segment and some of its files to those that may have an atom; of others it may say anything"""

Nearest = Callable[[Sequence[Mask]], list[tuple[int, int, float]]]
"""From the masks of all segments to the chunks nearest in meaning: index of the segment, chunk, cosine"""


class MeaningNode(FilterNode):
    """Files with a chunk among the nearest in meaning."""

    rank = 3

    def __init__(self, step: Step, nearest: Nearest, weight: float) -> None:
        super().__init__(step, self._has_near)
        self._find = nearest
        self._weight = weight
        self._near: dict[int, dict[int, list[tuple[int, float]]]] = {}
        """by a segment's id and a file's ordinal its chunks, with what each counts"""

    def look(self, segments: Sequence[OpenSegment], masks: Sequence[Mask]) -> None:
        """Find the nearest chunks among the files of `masks`; before anything else is asked."""
        for index, chunk, cosine in self._find(masks):
            part = segments[index]
            files = self._near.setdefault(id(part), {})
            files.setdefault(int(part.chunks.files[chunk]), []).append((chunk, cosine * self._weight))

    def mark(self, subject: Subject, marks: list[Mark]) -> None:
        """The chunks, which have no spans."""
        subject.near += self._near.get(id(subject.part), {}).get(subject.ordinal, ())

    def _has_near(self, part: OpenSegment) -> Mask:
        mask = np.zeros(len(part.files), bool)
        mask[list(self._near.get(id(part), {}))] = True
        return mask


class Finder(Protocol):
    """Finds an atom in a file's text."""

    def spans(self, subject: Subject, most: int | None) -> list[Span]:
        """Byte spans of its matches, ascending; the first `most` are enough."""


class Atom(Node):
    """What is found in texts."""

    rank, reads = 4, True

    def __init__(self, number: int, step: Step) -> None:
        """`number` is another one for each atom of a query."""
        self.number = number
        self.step = step
        self.weight = 1.0
        """what a match counts in the ranking"""
        self.name_bytes = 0
        """of the name that definitions are asked for; 0 for other atoms"""
        self.negated = False
        """it is below a NOT: what surely holds it counts"""

    def spans(self, subject: Subject) -> list[Span]:
        """Its spans in the text, ascending; looked for once."""
        found = subject.found.get(self.number)
        if found is None:
            found = subject.found[self.number] = self._find(subject)
        return found

    def holds(self, subject: Subject) -> bool:
        """Whether there are any."""
        held = bool(self.spans(subject))
        self.step.count(held)
        return held

    def mark(self, subject: Subject, marks: list[Mark]) -> None:
        """Its spans."""
        if spans := self.spans(subject):
            marks.append(Mark(self, spans))

    @abstractmethod
    def _find(self, subject: Subject) -> list[Span]:
        """The spans."""


class InPath(Protocol):
    """Finds an atom in paths."""

    def mask(self, part: OpenSegment) -> Mask:
        """The files of a segment whose own path has it."""

    def holds(self, part: OpenSegment, ordinal: int) -> bool:
        """Whether that of one file has."""


class TextAtom(Atom):
    """An atom that a finder finds, and in the path too perhaps."""

    PARSED = 9
    """Rank of atoms for which a file is parsed"""

    def __init__(
        self,
        number: int,
        step: Step,
        finder: Finder,
        candidates: Candidates,
        *,
        in_path: InPath | None = None,
        likely: Candidates | None = None,
        rank: int = 4,
        most: int | None = None,
    ) -> None:
        """`candidates` are the files of a mask whose text may have it, `likely` those that come first; `most` spans of
        a file are enough."""
        super().__init__(number, step)
        self.rank = rank
        self._most = most
        self._finder = finder
        self._candidates = candidates
        self._likely = likely
        self._in_path = in_path

    def is_missed(self, part: OpenSegment, ordinal: int, sources: Sources) -> bool:
        """Whether a large file does not hold the atom, by a look at the blocks that may; false where that says nothing.

        A header of 2 MB has all trigrams of a word somewhere, and rarely in one block."""
        blocks = self._candidates
        places = blocks.places(part, ordinal) if isinstance(blocks, BlockCandidates) else []
        if not places or (self._in_path is not None and self._in_path.holds(part, ordinal)):
            return False
        path = part.files.path(ordinal)
        pieces = [
            Subject(part, ordinal, path, text) for text, _ in sources.pieces(path, part, ordinal, places)
        ]
        return not any(self._finder.spans(piece, 1) for piece in pieces)

    def masks(self, part: OpenSegment, within: Mask) -> Bounds:
        """Candidates by text, and sure ones by path."""
        maybe = self._candidates(part, within)
        surely = np.zeros_like(maybe)
        if self._in_path is not None and (self.negated or (within & ~maybe).any()):
            surely = self._in_path.mask(part) & within
            maybe = maybe | surely
        self.step.estimate(part, maybe & within)
        return Bounds(maybe, surely)

    def likely(self, part: OpenSegment, within: Mask) -> Mask:
        """As the atom has it."""
        return self._likely(part, within) if self._likely else within

    def holds(self, subject: Subject) -> bool:
        """Whether its text or path has it."""
        held = bool(self.spans(subject))
        if not held and self._in_path is not None:
            held = self._in_path.holds(subject.part, subject.ordinal)
        self.step.count(held)
        return held

    def _find(self, subject: Subject) -> list[Span]:
        return self._finder.spans(subject, self._most)


class EitherAtom(Atom):
    """One of several atoms, as an operand of NEAR: the spans of all."""

    def __init__(self, number: int, step: Step, parts: Sequence[Atom]) -> None:
        super().__init__(number, step)
        self._parts = parts
        self.weight = min(part.weight for part in parts)

    def masks(self, part: OpenSegment, within: Mask) -> Bounds:
        """The union."""
        maybe = np.zeros(len(part.files), bool)
        for one in self._parts:
            maybe |= one.masks(part, within).maybe & within
        return Bounds(maybe, np.zeros_like(maybe))

    def _find(self, subject: Subject) -> list[Span]:
        return sorted({span for part in self._parts for span in part.spans(subject)})


class NearAtom(Atom):
    """Two atoms close together; its spans reach from one to the other."""

    rank = 5

    def __init__(self, number: int, step: Step, left: Atom, right: Atom, distance: int) -> None:
        super().__init__(number, step)
        self._left, self._right, self._distance = left, right, distance
        self.weight = left.weight + right.weight

    def masks(self, part: OpenSegment, within: Mask) -> Bounds:
        """Where both may be."""
        maybe = self._left.masks(part, within).maybe & within
        maybe &= self._right.masks(part, maybe).maybe
        self.step.estimate(part, maybe)
        return Bounds(maybe, np.zeros_like(maybe))

    def mark(self, subject: Subject, marks: list[Mark]) -> None:
        """The two, where they are close together."""
        if self.spans(subject):
            marks.append(Mark(self, subject.members[self.number]))

    def _find(self, subject: Subject) -> list[Span]:
        one = self._left.spans(subject)
        other = self._right.spans(subject) if one else []
        if not other:
            return []
        pairs = near_pairs(subject, one, other, self._distance, ordered=False)
        subject.members[self.number] = pairs.members
        return pairs.covers
