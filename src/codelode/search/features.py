"""The signals by which candidate files are ranked: a row of numbers for each, which `search.weights` weighs.

Most are shares between 0 and 1 of what the question could have at best, so that they mean the same in every
repository; those called ``..._rel`` compare with the best candidate of the same question.  The weights are learned
(`tools/rank`); what was measured of each signal stands in docs/ranking.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from codelode.model import RelPath
from codelode.search import prominence
from codelode.search.closeness import file_closeness
from codelode.search.evidence import Evidence
from codelode.search.gist import Encode, closeness
from codelode.search.pathmatch import PathMatcher
from codelode.search.pool import FileCandidate
from codelode.search.question import Question
from codelode.search.snapshot import Snapshot

Matrix = npt.NDArray[np.float64]

NAMES = (
    "exact", "exact3", "wide", "wide3", "wide_rel", "cover", "cover_file", "pairs", "head",
    "cosine", "cosine3", "cosine_rel", "cosine_head", "cosine_mean", "path_cosine", "gist_cosine",
    "stem_asked", "stem_filled", "stem_both", "folder_asked", "folder_filled", "stands_for_folder", "neighbours",
    "defined", "defined3", "filled", "name_defined", "name_unique",
    "aside", "prose", "data", "header", "size", "depth", "first_by_words", "first_by_meaning",
)  # fmt: skip
"""The columns of the matrix, in order."""

BEST = 3
"""Chunks of a file whose evidence is summed"""

PROSE = frozenset({"", "markdown", "restructuredtext", "rst", "asciidoc", "text", "org", "html"})
DATA = frozenset({"json", "yaml", "toml", "ini", "xml", "csv", "css", "scss", "svg", "properties", "gomod"})

ASIDE_WORDS = frozenset((
    "test", "tests", "testing", "tested", "spec", "specs", "mock", "mocks", "fixture", "fixtures", "example",
    "examples", "sample", "demo", "benchmark", "benchmarks", "vendor", "vendored", "generated",
))  # fmt: skip
"""A question with one of these asks for what stands aside of the project's own code."""


def features(
    snapshot: Snapshot,
    question: Question,
    files: Sequence[FileCandidate],
    evidence: Evidence,
    encode: Encode | None,
) -> Matrix:
    """One row a file (float64, len(NAMES) columns)."""
    columns = dict.fromkeys(NAMES, np.zeros(len(files)))
    columns |= _of_texts(question, files, evidence)
    columns |= _of_vectors(files)
    if encode is not None and question.vector is not None:
        columns["path_cosine"], columns["gist_cosine"] = closeness(files, question.vector, encode)
    columns |= _of_paths(question, files)
    columns |= _of_names(files)
    columns["neighbours"] = _of_neighbours(files, columns["wide3"] + columns["cosine3"])
    return np.stack([columns[name] for name in NAMES], axis=1)


def _of_texts(question: Question, files: Sequence[FileCandidate], evidence: Evidence) -> dict[str, Matrix]:
    owner = np.array([chunk.file for chunk in evidence.chunks], np.int64)
    weights = np.array(question.weights) / question.total

    def best(values: Matrix) -> Matrix:
        found = np.zeros(len(files))
        np.maximum.at(found, owner, values)
        return found

    def of_three(values: Matrix) -> Matrix:
        order = np.lexsort((-values, owner))
        place = np.arange(owner.size) - np.searchsorted(owner[order], owner[order])
        kept = order[place < BEST]
        return np.bincount(owner[kept], values[kept], minlength=len(files)) / BEST

    union = np.zeros((len(files), len(question.words)), bool)
    np.logical_or.at(union, owner, evidence.covers)
    wide, wide3 = best(evidence.wide), of_three(evidence.wide)
    return {
        "exact": best(evidence.exact),
        "exact3": of_three(evidence.exact),
        "wide": wide,
        "wide3": wide3,
        "wide_rel": wide / (wide.max(initial=0.0) or 1.0),
        "cover": best(evidence.covers @ weights),
        "cover_file": union @ weights,
        "pairs": best(evidence.pairs),
        "head": evidence.heads,
        "defined": best(evidence.defined),
        "defined3": of_three(evidence.defined),
        "filled": best(evidence.filled),
        "first_by_words": _by_place(wide3),
    }


def _by_place(values: Matrix) -> Matrix:
    """1 for the highest of `values`, less for those behind it; equal values share a place."""
    return 1 / (1 + np.searchsorted(np.sort(-values), -values) / 4)


def _of_vectors(files: Sequence[FileCandidate]) -> dict[str, Matrix]:
    if not any(file.cosines.size for file in files):
        return {}
    ordered = [np.sort(file.cosines)[::-1] if file.cosines.size else np.zeros(1) for file in files]
    best = np.array([own[0] for own in ordered])
    three = np.array([file_closeness(own) for own in ordered])
    return {
        "cosine": best,
        "cosine3": three,
        "cosine_rel": three / max(three.max(), 1e-3),
        "cosine_head": np.array([file.cosines[0] if file.cosines.size else 0.0 for file in files]),
        "cosine_mean": np.array([own.mean() for own in ordered]),
        "first_by_meaning": _by_place(three),
    }


def _of_paths(question: Question, files: Sequence[FileCandidate]) -> dict[str, Matrix]:
    matcher = PathMatcher(question)
    fits = [matcher.fit(file.path) for file in files]
    asks_aside = not ASIDE_WORDS.isdisjoint(question.words)
    languages = [file.part.files.language(file.ordinal) for file in files]
    asked = np.array([fit.asked for fit in fits])
    filled = np.array([fit.filled for fit in fits])
    return {
        "stem_asked": asked,
        "stem_filled": filled,
        "stem_both": np.sqrt(asked * filled),
        "folder_asked": np.array([fit.folder_asked for fit in fits]),
        "folder_filled": np.array([fit.folder_filled for fit in fits]),
        "stands_for_folder": np.array([fit.stands_for_folder * fit.folder_filled for fit in fits]),
        "aside": np.array([float(not asks_aside and prominence.is_aside(file.path)) for file in files]),
        "prose": np.array([float(language in PROSE) for language in languages]),
        "data": np.array([float(language in DATA) for language in languages]),
        "header": np.array([float(_declares_only(file.path)) for file in files]),
        "size": np.array([_size(file) for file in files]),
        "depth": np.array([min(file.path.count(b"/"), 8) / 8 for file in files]),
    }


def _declares_only(path: RelPath) -> bool:
    return path.endswith((b".h", b".d.ts", b".pyi", b".hpp", b".mli", b".hh"))


def _size(file: FileCandidate) -> float:
    """0 for a file of a few bytes, 1 for a megabyte."""
    return min(1.0, math.log1p(file.part.files.signature(file.ordinal)[0]) / math.log(1 << 20))


def _of_neighbours(files: Sequence[FileCandidate], evidence: Matrix) -> Matrix:
    """For each file the mean evidence of the best two other candidates in its folder: an answer is seldom alone."""
    folders: dict[bytes, list[int]] = {}
    for index, file in enumerate(files):
        folders.setdefault(file.path.rpartition(b"/")[0], []).append(index)
    found = np.zeros(len(files))
    for members in folders.values():
        best = sorted(members, key=lambda index: -evidence[index])[:3]
        for index in members:
            found[index] = sum(evidence[other] for other in best if other != index) / 3
    return found


def _of_names(files: Sequence[FileCandidate]) -> dict[str, Matrix]:
    """How well each file defines one of the names in the question."""
    return {
        "name_defined": np.array(
            [max((claim.strength for claim in file.claims), default=0.0) for file in files]
        ),
        "name_unique": np.array(
            [
                max((claim.strength / (1 + math.log(claim.files)) for claim in file.claims), default=0.0)
                for file in files
            ]
        ),
    }
