"""The filters of a query as masks over the files of a segment."""

from __future__ import annotations

import datetime
import re
import time
from collections.abc import Callable, Iterable

import numpy as np

from codelode.errors import QueryError
from codelode.model import Case
from codelode.query import ast
from codelode.query.engine import Program
from codelode.query.regex import parse
from codelode.query.translate import to_re2
from codelode.search.snapshot import Mask, OpenSegment
from codelode.text.folding import fold_in_place
from codelode.text.globs import GlobFilter
from codelode.text.origins import ORIGINS

FileMask = Callable[[OpenSegment], Mask]
"""From a segment to which of its ordinals pass, dead files included."""

MASKS_KEPT = 64
"""Masks of filters that a segment remembers: 4 KB each"""

_COMPARE: dict[str, np.ufunc] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "=": np.equal,
}

_AGE = re.compile(r"(\d+)(s|min|h|d|w|mo|y)")
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 604800, "mo": 2629800, "y": 31557600}


def file_mask(node: ast.Filter, now: float, case: ast.CaseRule) -> FileMask:
    """The mask of a filter.  `now` is unix time, against which ages count; `case` is the query's."""
    mask = _mask(node, now, case)
    if isinstance(node, ast.Modified):
        return mask
    key = (node, case)

    def known(part: OpenSegment) -> Mask:
        found = part.kept_masks.get(key)
        if found is None:
            if len(part.kept_masks) >= MASKS_KEPT:
                part.kept_masks.clear()
            found = part.kept_masks[key] = mask(part)
        return found

    return known


def passing(nodes: Iterable[ast.Filter | ast.Not], part: OpenSegment) -> Mask:
    """The files for which each of some filters, or of filters below a NOT, holds."""
    found = np.ones(len(part.files), bool)
    for node in nodes:
        if isinstance(node, ast.Not):
            if not isinstance(node.child, ast.Filter):
                raise TypeError(f"{node.child} is no filter")
            found &= ~file_mask(node.child, time.time(), ast.CaseRule.AUTO)(part)
        else:
            found &= file_mask(node, time.time(), ast.CaseRule.AUTO)(part)
    return found


def _mask(node: ast.Filter, now: float, case: ast.CaseRule) -> FileMask:
    if isinstance(node, ast.Path):
        return _path_mask(node, ignores_case(node.text, case))
    if isinstance(node, ast.Language):
        return _language_mask(node.name)
    if isinstance(node, ast.Repository):
        return _repository_mask(node, ignores_case(node.text, case))
    if isinstance(node, ast.Extension):
        return _ending_mask(f".{node.text}")
    if isinstance(node, ast.Is):
        return _matching(Program(ORIGINS[node.what]))
    if isinstance(node, ast.Size):
        compare, size = _COMPARE[node.operator], node.bytes
        return lambda part: compare(part.files.sizes, np.uint64(size))
    return _modified_mask(node, now)


def ignores_case(text: str, rule: ast.CaseRule) -> bool:
    """Whether the case of an atom with this text does not count."""
    return rule is ast.CaseRule.NO or (rule is ast.CaseRule.AUTO and not any(map(str.isupper, text)))


def name_program(text: str, style: ast.Style, *, fold: bool) -> Program:
    """What finds the names (a line each) that `text` stands for: those that hold it, match it whole as a glob with
    ``*`` and ``?``, or in part as a regular expression."""
    if style is ast.Style.REGEX:
        root = parse(text, ignore_case=fold).root
        return Program(to_re2(root))
    flags = "(?i)" if fold else ""
    if style is ast.Style.TEXT:
        return Program(flags + _quoted(text))
    wild = {"*": ".*", "?": "."}
    return Program(f"{flags}^(?:{''.join(wild.get(char) or _quoted(char) for char in text)})$")


def _quoted(text: str) -> str:
    return "".join(char if char.isascii() and char.isalnum() else f"\\x{{{ord(char):X}}}" for char in text)


def _path_mask(node: ast.Path, fold: bool) -> FileMask:
    if node.style is ast.Style.TEXT:
        return _holding_mask(node.text, fold)
    if node.style is not ast.Style.GLOB:
        return _matching(name_program(node.text, node.style, fold=fold))
    chosen = GlobFilter((node.text,))

    def mask(part: OpenSegment) -> Mask:
        paths = part.files.own_paths
        names = chosen.select(paths)
        return np.fromiter((path in names for path in paths), bool, len(paths))

    return mask


def _holding_mask(text: str, fold: bool) -> FileMask:
    """The files whose own path holds a text: bytes.find from line to line, a fifth of the time of a pattern."""
    needle = fold_in_place(text.encode()) if fold else text.encode()

    def mask(part: OpenSegment) -> Mask:
        lines, starts = part.files.path_lines
        searched = part.files.folded_path_lines if fold else lines
        places: list[int] = []
        at = searched.find(needle)
        while at >= 0:
            places.append(at)
            end = searched.find(b"\n", at)
            at = searched.find(needle, end) if end >= 0 else -1
        found = np.zeros(len(part.files), bool)
        found[np.searchsorted(starts, places, "right") - 1] = True
        return found

    return mask


def _ending_mask(ending: str) -> FileMask:
    """The files whose own path ends so, whatever the case."""
    wanted = np.frombuffer(fold_in_place(ending.encode()), np.uint8)

    def mask(part: OpenSegment) -> Mask:
        starts = part.files.path_lines[1]
        lines = np.frombuffer(part.files.folded_path_lines, np.uint8)
        ends = np.append(starts[1:] - 1, lines.size)
        found = ends - starts >= wanted.size
        last = (ends[found] - wanted.size)[:, None] + np.arange(wanted.size)
        found[found] = (lines[last] == wanted).all(axis=1)
        return found

    return mask


def _matching(program: Program) -> FileMask:
    """The files whose own path holds a match."""

    def mask(part: OpenSegment) -> Mask:
        lines, starts = part.files.path_lines
        found = np.zeros(len(part.files), bool)
        places: list[int] = []
        at = 0
        while at <= len(lines):
            start, _ = program.find(lines, at, len(lines))
            if start < 0:
                break
            places.append(start)
            at = lines.find(b"\n", start) + 1 or len(lines) + 1
        found[np.searchsorted(starts, places, "right") - 1] = True
        return found

    return mask


def _language_mask(name: str) -> FileMask:
    def mask(part: OpenSegment) -> Mask:
        names = part.files.languages
        if name not in names:
            return np.zeros(len(part.files), bool)
        found: Mask = part.files.language_codes == names.index(name)
        return found

    return mask


def _repository_mask(node: ast.Repository, fold: bool) -> FileMask:
    program = name_program(node.text, node.style, fold=fold)

    def mask(part: OpenSegment) -> Mask:
        root = part.root.rstrip(b"/\\")
        # A glob is of the folder's name, anything else of the whole path.
        text = root.replace(b"\\", b"/").rpartition(b"/")[2] if node.style is ast.Style.GLOB else root
        return np.full(len(part.files), program.find(text, 0, len(text))[0] >= 0)

    return mask


def _modified_mask(node: ast.Modified, now: float) -> FileMask:
    if age := _AGE.fullmatch(node.when):
        # Less than so old is later than that moment.
        moment = now - int(age[1]) * _SECONDS[age[2]]
        later = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}[node.operator]
        compare = _COMPARE[later]
    else:
        try:
            day = datetime.date.fromisoformat(node.when)
        except ValueError as exc:
            raise QueryError(
                f"modified:{node.operator}{node.when}: no age such as 7d and no date such as 2026-01-31"
            ) from exc
        begin = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
        moment, compare = begin.timestamp(), _COMPARE[node.operator]
    limit = np.int64(int(moment * 1e9))
    return lambda part: compare(part.files.mtimes_ns, limit)


CASE = {ast.CaseRule.AUTO: Case.SMART, ast.CaseRule.YES: Case.SENSITIVE, ast.CaseRule.NO: Case.IGNORE}
"""``case:`` of a query as the modes exact and regex know it"""
