"""A query ready to run: each node says which files of a segment may hold it, and whether a file does.

`masks` asks the index: a pair of masks between which the truth lies.  `holds` asks one file's text, and `mark` which
spans made it true.  Nodes keep nothing of a search but what segments were asked for, and are used by one thread.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from codelode.search.boolean.subject import Subject
from codelode.search.snapshot import Mask, OpenSegment
from codelode.search.spans import Span

if TYPE_CHECKING:
    from codelode.index.terms import Wanted
    from codelode.search.boolean.atoms import Atom


FEW_LEFT = 2
"""Files of a segment that are rather read, 20 us each, than looked up in the posting lists of another atom"""


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
        """Note how many files of a segment the index lets through; what is asked again is asked of fewer."""
        self._estimates[id(part)] = max(int(mask.sum()), self._estimates.get(id(part), 0))

    def count(self, held: bool) -> None:
        """Note that a file was asked."""
        self.checked += 1
        self.held += held


class Node(ABC):
    """Part of a query."""

    rank: int
    """order in which the parts of an And are asked: the cheapest and surest first"""
    reads: bool
    """whether the text of a file decides"""
    rarity = 0.0
    """orders nodes of one rank: the rarest leaves least to the others"""

    @abstractmethod
    def masks(self, part: OpenSegment, within: Mask) -> Bounds:
        """The bounds for the files of `part` in `within`; what is outside may say anything."""

    wanted: Wanted | None = None
    """what the word index is asked for the best chunks; None when it knows nothing of the node"""

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


class AndNode(Node):
    """Every part."""

    def __init__(self, parts: Sequence[Node]) -> None:
        self.parts = sorted(parts, key=lambda node: (node.rank, -node.rarity))
        self.rank = max(node.rank for node in parts)
        self.rarity = max(node.rarity for node in parts)
        self.reads = any(node.reads for node in parts)

    def masks(self, part: OpenSegment, within: Mask) -> Bounds:
        """Where the masks of all parts meet; the later ones are asked about what the earlier ones leave only, and not
        at all when that is so little that reading it costs less."""
        maybe, surely = within.copy(), within.copy()
        for node in self.parts:
            left = int(maybe.sum())
            if not left:
                break
            if node.reads and left <= FEW_LEFT:
                surely[:] = False
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
