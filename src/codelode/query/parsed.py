"""What a search text is once it has been read: a pattern, by `query.regex`, which literals need not load; a literal."""

from __future__ import annotations

from dataclasses import dataclass

from codelode.query.syntax import Concat, Literal, Node


@dataclass(frozen=True, slots=True)
class Parsed:
    """A pattern's tree, what it needs, and what ripgrep's smart case looks at."""

    root: Node
    has_literal: bool
    """a character stands for itself somewhere, be it in a class"""
    has_upper: bool
    """one of those characters is an upper-case letter"""
    multiline: bool = False
    """it asks for a newline, so that its matches may cross lines"""
    beyond: bool = False
    """it has constructs that RE2 has not"""


def parse_literal(text: str, *, ignore_case: bool = False) -> Parsed:
    """A text in which every character stands for itself; `ignore_case` is as in `query.regex.parse`."""
    root: Node = Literal(text, ignore_case) if text else Concat(())
    return Parsed(root, bool(text), any(char.isupper() for char in text), "\n" in text)
