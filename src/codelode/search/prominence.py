"""Which of several definitions with fitting names comes first."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from codelode.index.names import Ids
from codelode.index.symbols import Rows
from codelode.model import RelPath
from codelode.search.snapshot import OpenSegment
from codelode.structure.rules import KINDS, PRIVATE, PROTECTED

Keys = npt.NDArray[np.int64]

_ASIDE_FOLDER = re.compile(
    rb"(?i)(?:^|/)(?:[^/]*[._-])?(?:(?:self|unit)?tests?|testing|testdata|specs?|mocks?|fixtures?|vendor"
    rb"|third[_-]?party|node_modules|examples?|samples?|demos?|benchmarks?|generated|dist)(?:[._-][^/]*)?(?:/|$)"
)
_ASIDE_FILE = re.compile(
    rb"tests?[._-]|conftest\.py$|.*[._-](?:tests?|spec|mock|generated|gen|pb2?|min)\."
    rb"|.*[a-z0-9](?:Tests?|Spec|Mock)\.[^.]*$",
    re.DOTALL,
)

_MAIN_KINDS = frozenset(
    {"function", "method", "class", "struct", "union", "interface", "trait", "enum", "type", "module"}
)
_MEMBER_KINDS = frozenset({"field", "property", "key", "heading"})

_OF_KIND = np.array([0 if k in _MAIN_KINDS else 2 if k in _MEMBER_KINDS else 1 for k in KINDS], np.int64)

_TYPO, _ASIDE, _HIDDEN, _KIND, _LENGTH = 1 << 18, 1 << 17, 1 << 16, 1 << 14, 1 << 6
_LONGEST, _DEEPEST = _KIND // _LENGTH - 1, _LENGTH - 1
WORST = 4 * _TYPO
"""More than any key"""


def is_aside(path: RelPath) -> bool:
    """Whether a file is test, example, vendored or generated code, by its path."""
    folder, _, name = path.rpartition(b"/")
    return _is_aside_folder(folder) or _ASIDE_FILE.match(name) is not None


@lru_cache(maxsize=8192)
def _is_aside_folder(path: RelPath) -> bool:
    return _ASIDE_FOLDER.search(path) is not None


def keys(part: OpenSegment, rows: Rows, typos: Ids | int) -> Keys:
    """A number for each of `rows`, less for what comes first.

    In this order count: `typos` (at most 3), the project's own code before what stands aside of it, what is
    public before what is not, types and functions before constants before fields, a short name, few folders.
    """
    table = part.symbols
    files, places = np.unique(table.files[rows], return_inverse=True)
    of_file = np.array([_path_key(part.files.path(ordinal)) for ordinal in files.tolist()], np.int64)
    visibilities = table.visibilities[rows]
    hidden = (visibilities == PRIVATE) | (visibilities == PROTECTED)
    lengths = np.minimum(table.distinct.lengths(table.names[rows]), _LONGEST)
    found: Keys = _KIND * _OF_KIND[table.kinds[rows]] + _LENGTH * lengths + _HIDDEN * hidden
    return found + of_file[places] + _TYPO * typos


def _path_key(path: RelPath) -> int:
    return _ASIDE * is_aside(path) + min(path.count(b"/"), _DEEPEST)
