"""From a query text to what a search needs of it: the matcher, and what a file must have to be a candidate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal as OneOf
from typing import NamedTuple

from codelode.errors import PatternError
from codelode.model import Case, SearchOptions
from codelode.query.literals import pattern_tree
from codelode.query.parsed import Parsed, parse_literal
from codelode.query.syntax import Literal, Node, has_word_border
from codelode.query.trees import TrigramTree
from codelode.search.budget import Budget
from codelode.search.matcher import LiteralMatcher, Matcher, RegexMatcher, WordBorderMatcher
from codelode.search.spans import Span


class CompiledPattern(NamedTuple):
    """What a search needs of a pattern."""

    matcher: Matcher
    tree: TrigramTree
    """what a file must have to be a candidate"""
    ignore_case: bool
    multiline: bool
    """a match may cross lines: texts are matched file by file, and a file's blocks count together for `tree`"""
    engine: OneOf["re2", "regex"]
    """``regex`` backtracks: in a process of its own, within a `Budget`"""
    budget: Budget | None = None
    """whom to ask what is missing (`Budget.report`), when the engine is ``regex``"""

    def find_in_files(self, texts: Sequence[bytes]) -> list[list[Span]]:
        """`Matcher.find_in_files`."""
        return self.matcher.find_in_files(texts)


def compile_pattern(source: str, case: Case, budget: Budget | None = None) -> CompiledPattern:
    """The regular expression `source`.

    `Case.SMART` ignores case when the pattern has a literal character and no upper-case one, as ripgrep does.
    `budget` is shared by all patterns of a query; without one, a pattern has the default one of its own.
    Raises PatternError (a QueryError), whose message names the construct.
    """
    from codelode.query.regex import parse  # literals do not pay for its parser

    _check_text(source)
    parsed = parse(source, ignore_case=case is Case.IGNORE)
    ignore_case = _ignores_case(parsed, case)
    if ignore_case and case is Case.SMART:
        parsed = parse(source, ignore_case=True)
    if not parsed.beyond:
        return _compiled(parsed, ignore_case)
    from codelode.query.relaxing import relax
    from codelode.search.backtracking import BacktrackingMatcher  # starts a process

    root, multiline = parsed.root, parsed.multiline
    budget = budget or Budget.of(SearchOptions())
    matcher = BacktrackingMatcher(source, root, multiline=multiline, budget=budget)
    tree = pattern_tree(relax(root, multiline=multiline), multiline=multiline)
    return CompiledPattern(matcher, tree, ignore_case, multiline, "regex", budget)


def compile_literal(text: str, case: Case) -> CompiledPattern:
    """The same for a text in which every character stands for itself."""
    _check_text(text)
    ignore_case = _ignores_case(parse_literal(text), case)
    return _compiled(parse_literal(text, ignore_case=ignore_case), ignore_case)


def _check_text(source: str) -> None:
    try:
        source.encode()
    except UnicodeEncodeError as exc:
        raise PatternError(
            f"character {exc.start + 1} of the pattern is not Unicode text; files are searched as UTF-8"
        ) from exc


def _ignores_case(parsed: Parsed, case: Case) -> bool:
    return case is Case.IGNORE or (case is Case.SMART and parsed.has_literal and not parsed.has_upper)


def _compiled(parsed: Parsed, ignore_case: bool) -> CompiledPattern:
    root, multiline = parsed.root, parsed.multiline
    tree = pattern_tree(root, multiline=multiline)
    return CompiledPattern(_matcher(root, multiline), tree, ignore_case, multiline, "re2")


def _matcher(root: Node, multiline: bool) -> Matcher:
    if isinstance(root, Literal) and not (root.fold and _has_case(root.text)):
        return LiteralMatcher(root.text.encode())
    kind = WordBorderMatcher if has_word_border(root) else RegexMatcher
    return kind(root, multiline=multiline)


def _has_case(text: str) -> bool:
    return not text.isascii() or text.lower() != text.upper()
