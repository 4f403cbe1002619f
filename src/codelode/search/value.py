"""What an expression is, as far as it matters for what can be called on it."""

from __future__ import annotations

from typing import NamedTuple

from codelode.search.codebase import Target
from codelode.search.parsed import ParsedFile


class Value(NamedTuple):
    """What an expression is; unknown when nothing is set."""

    owner: Target | None = None
    """the class that it is, or is an object of"""
    module: str | None = None
    """the module that it is, as the file that imports it calls it"""
    file: ParsedFile | None = None
    """the file that imports the module"""
    foreign: bool = False
    """something from outside the tree"""
    own: bool = False
    """the enclosing object itself"""
    above: bool = False
    """only what it inherits counts"""

    @property
    def known(self) -> bool:
        """Whether anything is."""
        return self.foreign or self.owner is not None or self.module is not None


UNKNOWN = Value()
FOREIGN = Value(foreign=True)
