"""A query ready to run: each node says which files of a segment may hold it, and whether a file does.

`masks` asks the index: a pair of masks between which the truth lies.  `holds` asks one file's text, and `mark` which
spans made it true.  Nodes keep nothing of a search but what segments were asked for, and are used by one thread.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from codelode.search.boolean.near import near_pairs
from codelode.search.boolean.subject import Subject
from codelode.search.snapshot import Mask, OpenSegment
from codelode.search.spans import Span


class Bounds(NamedTuple):
    """What the index knows of the files of a segment."""

    maybe: Mask
    """every file that holds the node is here"""
    surely: Mask
    """every file here holds it"""


class Mark(NamedTuple):
    """Where an atom stands in a file that the query is true of."""

    atom: Atom
    spans: Sequence[Span]


class Step:
    """What `--explain` says of a node: files that the index let through, and files that turned out to hold it."""

    def __init__(self, text: str, how: str) -> None:
        self.text = text
        """the node as it would be written"""
        self.how = how
        """by what structure of the index it is answered"""
        self._estimates: dict[int, int] = {}
        self.checked = 0
        self.held = 0

    @property
    def estimated(self) -> int:
        """Files that the index let through, of those that were still of interest."""
        return sum(self._estimates.values())

    def estimate(self, part: OpenSegment, mask: Mask) -> None:
        """Note how many files of a segment the index lets through."""
        self._estimates[id(part)] = int(mask.sum())

    def count(self, held: bool) -> None:
        """Note that a file was asked."""
        self.checked += 1
        self.held += held


Candidates = Callable[[OpenSegment, Mask], Mask]
"""From a segment and some of its files to those that may have an atom; of others it may say anything"""


class Node(ABC):
    """Part of a query."""

    rank: int
    """order in which the parts of an And are asked: the cheapest and surest first"""
    reads: bool
    """whether the text of a file decides"""

    @abstractmethod
    def masks(self, part: OpenSegment, within: Mask) -> Bounds:
        """The bounds for the files of `part` in `within`; what is outside may say anything."""

    def likely(self, part: OpenSegment, within: Mask) -> Mask:
        """The files of `within` that are worth the first look."""
        return within

    @abstractmethod
    def holds(self, subject: Subject) -> bool:
        """Whether the node is true of the file."""

    def mark(self, subject: Subject, marks: list[Mark]) -> None:  # noqa: B027  most nodes have nothing to show
        """Add what made the node true of the file to `marks`."""


class Everything(Node):
    """True of every file."""

    rank, reads = 0, False

    def masks(self, part: OpenSegment, within: Mask) -> Bounds:
        """All."""
        every = np.ones(len(part.files), bool)
        return Bounds(every, every)

    def holds(self, subject: Subject) -> bool:
        """Always."""
        return True


class FilterNode(Node):
    """What the file table decides, or another structure without a look at the text."""

    rank, reads = 1, False

    def __init__(self, step: Step, mask: Callable[[OpenSegment], Mask]) -> None:
        self.step = step
        self._mask = mask
        self._known: dict[int, Mask] = {}

    def masks(self, part: OpenSegment, within: Mask) -> Bounds:
        """The mask itself."""
        mask = self._of(part)
        self.step.estimate(part, mask & within)
        return Bounds(mask, mask)

    def holds(self, subject: Subject) -> bool:
        """By the mask."""
        return bool(self._of(subject.part)[subject.ordinal])

    def _of(self, part: OpenSegment) -> Mask:
        key = id(part)
        if key not in self._known:
            self._known[key] = self._mask(part)
        return self._known[key]


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


class AndNode(Node):
    """Every part."""

    def __init__(self, parts: Sequence[Node]) -> None:
        self.parts = sorted(parts, key=lambda node: node.rank)
        self.rank = max(node.rank for node in parts)
        self.reads = any(node.reads for node in parts)

    def masks(self, part: OpenSegment, within: Mask) -> Bounds:
        """Where the masks of all parts meet; the later ones are asked about what the earlier ones leave only."""
        maybe, surely = within.copy(), within.copy()
        for node in self.parts:
            if not maybe.any():
                break
            own = node.masks(part, maybe)
            maybe &= own.maybe
            surely &= own.surely
        return Bounds(maybe, surely & maybe)

    def likely(self, part: OpenSegment, within: Mask) -> Mask:
        """Where all parts are."""
        for node in self.parts:
            within = node.likely(part, within) if within.any() else within
        return within

    def holds(self, subject: Subject) -> bool:
        """Of all parts."""
        return all(node.holds(subject) for node in self.parts)

    def mark(self, subject: Subject, marks: list[Mark]) -> None:
        """What all parts mark."""
        for node in self.parts:
            node.mark(subject, marks)


class OrNode(Node):
    """Some part."""

    def __init__(self, parts: Sequence[Node]) -> None:
        self.parts = sorted(parts, key=lambda node: node.rank)
        self.rank = max(node.rank for node in parts) if parts else 0
        self.reads = any(node.reads for node in parts)

    def masks(self, part: OpenSegment, within: Mask) -> Bounds:
        """The union."""
        maybe = np.zeros(len(part.files), bool)
        surely = maybe.copy()
        for node in self.parts:
            own = node.masks(part, within & ~surely)
            maybe |= own.maybe & within
            surely |= own.surely & within & ~surely
        return Bounds(maybe, surely)

    def holds(self, subject: Subject) -> bool:
        """Of some part."""
        return any(node.holds(subject) for node in self.parts)

    def mark(self, subject: Subject, marks: list[Mark]) -> None:
        """What the true parts mark."""
        for node in self.parts:
            if node.holds(subject):
                node.mark(subject, marks)


class NotNode(Node):
    """Not the child: marks nothing."""

    def __init__(self, child: Node) -> None:
        self.child = child
        # It hardly narrows, and must read what it cannot be sure of.
        self.rank = 2 if not child.reads else 7
        self.reads = child.reads

    def masks(self, part: OpenSegment, within: Mask) -> Bounds:
        """What is not sure, and what is not possible."""
        own = self.child.masks(part, within)
        return Bounds(~own.surely, ~own.maybe)

    def holds(self, subject: Subject) -> bool:
        """If the child does not."""
        return not self.child.holds(subject)
