"""Matching with the `regex` module what RE2 has not: only where RE2 says that it may match, and within a budget."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from time import perf_counter
from typing import NamedTuple

from codelode.errors import PatternError
from codelode.query.backtracking import to_backtracking
from codelode.query.relaxing import relax
from codelode.query.syntax import Node, can_be_empty
from codelode.search.budget import Budget
from codelode.search.matcher import Matcher, RegexMatcher
from codelode.search.regexpool import POOL, Found, WorkerDiedError
from codelode.search.regexwire import DONE, GAVE_UP, UNSEEN
from codelode.search.spans import Span

ENOUGH_LINES = 8
"""Behind so many lines that may match, when they are half of the text so far, the rest is sent as it is: to pick a line
costs 3 us, and the engine is through with most lines in less."""


class _Part(NamedTuple):
    """What of a text is sent: some of its lines, or all of it."""

    text: bytes
    starts: list[int]
    """offset of each line in `text`, ascending"""
    shifts: list[int]
    """how much further each line is in the whole text"""


class BacktrackingMatcher(Matcher):
    """A pattern beyond RE2.

    A pattern that RE2 can match, and that matches wherever this one does (`query.relaxing`), picks the lines that are
    sent to the process that backtracks: for ``(\\w+) = \\1->next`` those with `` = `` and ``->next``.
    """

    apart = True

    def __init__(self, written: str, root: Node, *, multiline: bool, budget: Budget) -> None:
        """`root` is the tree of the pattern as it was `written`.  Raises PatternError when the `regex` module refuses
        it."""
        self._written = written
        self._source = to_backtracking(root, multiline=multiline)
        self._multiline = multiline
        self._budget = budget
        self.matches_empty = can_be_empty(root)
        self._filter = _filter(relax(root, multiline=multiline), multiline=multiline)
        try:
            with POOL.lease(self._source) as worker:
                worker.load(self._source, can_be_empty=self.matches_empty)
        except WorkerDiedError as exc:
            raise PatternError(f"the pattern cannot be compiled ({exc}): write a smaller one") from exc

    def find_all(self, text: bytes) -> list[Span]:
        """As `Matcher.find_all`, as far as the budget allows."""
        return self.find_in_files([text])[0]

    def matches(self, text: bytes) -> bool:
        """As `Matcher.matches`, as far as the budget allows."""
        return bool(self._find([text], first=True)[0])

    def find_in_files(self, texts: Sequence[bytes]) -> list[list[Span]]:
        """As `Matcher.find_in_files`, as far as the budget allows, in one go."""
        return self._find(texts, first=False)

    def _find(self, texts: Sequence[bytes], *, first: bool) -> list[list[Span]]:
        parts = [self._narrowed(text) for text in texts]
        found = iter(self._ask([part.text for part in parts if part], first))
        return [_shifted(next(found), part) if part else [] for part in parts]

    def _narrowed(self, text: bytes) -> _Part | None:
        """What of `text` may match; None for nothing."""
        whole = _Part(text, [0], [0])
        if self._filter is None:
            return whole
        program, size = self._filter.program(text), len(text)
        if self._multiline:
            return whole if program.find(text, 0, size)[0] >= 0 else None
        lines, starts, shifts = list[bytes](), list[int](), list[int]()
        at = sent = 0
        while at < size and (hit := program.find(text, at, size)[0]) >= 0:
            start = text.rfind(b"\n", 0, hit) + 1
            end = text.find(b"\n", hit)
            if len(lines) == ENOUGH_LINES and 2 * sent > at:
                end = -1
            at = size if end < 0 else end + 1
            lines.append(text[start:at])
            starts.append(sent)
            shifts.append(start - sent)
            sent += at - start
        return _Part(b"".join(lines), starts, shifts) if lines else None

    def _ask(self, texts: Sequence[bytes], first: bool) -> list[Found]:
        budget, found = self._budget, list[Found]()
        while len(found) < len(texts) and not budget.over:
            before = len(found)
            began = perf_counter()
            try:
                with POOL.lease(self._source) as worker:
                    worker.load(self._source, can_be_empty=self.matches_empty)
                    began = perf_counter()  # starting a worker is nobody's fault
                    found.extend(
                        worker.find(texts[before:], each=budget.file_seconds, total=budget.left, first=first)
                    )
            except WorkerDiedError:
                found.append(Found([], GAVE_UP))
            finally:
                budget.spent += perf_counter() - began
        found += [Found([], UNSEEN)] * (len(texts) - len(found))
        if any(one.end != DONE for one in found):
            budget.slow[self._written] = None
            budget.given_up += sum(one.end == GAVE_UP for one in found)
            budget.unseen += sum(one.end == UNSEEN for one in found)
        return found


def _filter(root: Node, *, multiline: bool) -> RegexMatcher | None:
    """RE2's matcher for the relaxed pattern; None when it says nothing, or is too large for RE2."""
    if can_be_empty(root):
        return None
    try:
        return RegexMatcher(root, multiline=multiline)
    except PatternError:
        return None


def _shifted(found: Found, part: _Part) -> list[Span]:
    if len(part.starts) == 1:
        shift = part.shifts[0]
        return [(start + shift, end + shift) for start, end in found.spans] if shift else found.spans
    spans = []
    for start, end in found.spans:
        shift = part.shifts[bisect_right(part.starts, start) - 1]
        spans.append((start + shift, end + shift))
    return spans
