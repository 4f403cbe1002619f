"""The time that a search may spend on patterns whose engine backtracks."""

from __future__ import annotations

from codelode.model import SearchOptions, SearchStats

FILE_SHARE = 0.1
"""Part of the budget that one file may take.  A tenth: a few files of hard lines, generated ones mostly, must not keep
a search from the thousands of others."""


class Budget:
    """Seconds for all patterns of one query, and what became of the files when they did not suffice.

    Only the time in which the engine works counts, not that of reading files or of whoever consumes the hits.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.spent = 0.0
        """seconds so far"""
        self.given_up = 0
        """files that took longer than `file_seconds`, so that matches in them may be missing"""
        self.unseen = 0
        """files that were not looked at"""
        self.slow: dict[str, None] = {}
        """the patterns that did it, as they were written"""

    @classmethod
    def of(cls, options: SearchOptions) -> Budget:
        """The budget of a search: no more than the time that all of it may take."""
        seconds = options.regex_budget_s
        return cls(seconds if options.timeout_ms is None else min(seconds, options.timeout_ms / 1000))

    @property
    def left(self) -> float:
        """Seconds that are left, at least 0."""
        return max(self.seconds - self.spent, 0.0)

    @property
    def over(self) -> bool:
        """Whether nothing is left."""
        return self.spent >= self.seconds

    @property
    def file_seconds(self) -> float:
        """What one file may take now."""
        return min(self.seconds * FILE_SHARE, self.left)

    def report(self, stats: SearchStats) -> None:
        """Mark the answer as partial, with a sentence, when files were given up or not looked at."""
        what = " and ".join(f"/{source}/" for source in self.slow)
        if self.given_up:
            stats.notes.append(
                f"{what} took longer than {self.seconds * FILE_SHARE:g} s in {_files(self.given_up)}: "
                "matches there may be missing"
            )
        if self.unseen:
            stats.notes.append(
                f"{what} took longer than the {self.seconds:g} s it may (setting regex_budget_s): "
                f"{_files(self.unseen)} {'was' if self.unseen == 1 else 'were'} not looked at"
            )
        stats.partial = stats.partial or bool(self.given_up or self.unseen)


def _files(count: int) -> str:
    return f"{count:,} file" if count == 1 else f"{count:,} files"
