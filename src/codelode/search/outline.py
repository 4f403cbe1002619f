"""Outlines: the definitions of a file, or of every file in a folder, in the order of the text."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import numpy as np

from codelode.errors import QueryError
from codelode.model import (
    RelPath,
    SearchOptions,
    SearchStats,
    SkipReason,
    StructureState,
    Symbol,
    display_path,
    sort_key,
)
from codelode.search.candidates import FileFilter, find_files_with_all
from codelode.search.definition import indexed_place
from codelode.search.describe import Place, describe, found_places
from codelode.search.snapshot import OpenSegment, Snapshot
from codelode.search.source import Sources
from codelode.search.symbolname import kind_codes
from codelode.structure import grammars, tables
from codelode.structure.definitions import find_definitions
from codelode.structure.parsing import SlowParse
from codelode.text import languages
from codelode.text.decode import decode


def outline(
    snapshot: Snapshot,
    root: str,
    path: RelPath,
    options: SearchOptions,
    sources: Sources,
    stats: SearchStats,
) -> Iterator[Symbol]:
    """The definitions in `path`, a file or a folder below `root`; of those only the kinds, languages and globs of
    `options`.

    Of a single file also the keys of a data format, and what is not in the index; those of a folder come file by
    file in path order, read when they are asked for.  Raises QueryError for a file that cannot be parsed, and for
    an unknown kind.
    """
    kinds = kind_codes(options.kinds)
    if os.path.isdir(os.path.join(os.fsencode(root), path)):
        found = _folder(snapshot, options, sources, stats)
    else:
        found = iter([_file(snapshot, root, path, sources, stats)])
    return (
        describe(place, text, where, language)
        for where, language, text, places in found
        for place in places
        if not kinds or place.kind in kinds
    )


_Outlined = tuple[RelPath, str, bytes, Sequence[Place]]
"""path, language and text of a file, and its definitions"""


def _file(snapshot: Snapshot, root: str, path: RelPath, sources: Sources, stats: SearchStats) -> _Outlined:
    found = snapshot.find(path)
    if found is None:
        language, text = languages.of_path(path), read_text(root, path)
        return path, language, text, _parsed(path, language, text)
    part, ordinal = found
    language, stale = part.files.language(ordinal), stats.stale
    text = sources.text(path, part, ordinal) or b""
    if stats.stale == stale and part.files.structure(ordinal) is StructureState.PARSED:
        return path, language, text, _indexed(part, ordinal)
    return path, language, text, _parsed(path, language, text)


def _folder(
    snapshot: Snapshot, options: SearchOptions, sources: Sources, stats: SearchStats
) -> Iterator[_Outlined]:
    accept = FileFilter(options)
    masks = []
    for part in snapshot.segments:
        defines = np.zeros(len(part.files), bool)
        defines[part.symbols.files] = True
        masks.append(defines & accept.mask(part))
    candidates = find_files_with_all((), snapshot.segments, masks)
    for path, index, ordinal, _ in sorted(candidates, key=lambda one: sort_key(one.path)):
        part, stale = snapshot.segments[index], stats.stale
        text = sources.text(path, part, ordinal)
        if text is None:
            continue
        language = part.files.language(ordinal)
        fresh = stats.stale == stale
        yield path, language, text, _indexed(part, ordinal) if fresh else _parsed(path, language, text)


def _indexed(part: OpenSegment, ordinal: int) -> list[Place]:
    return [indexed_place(part, row) for row in part.symbols.of_file(ordinal)]


def _parsed(path: RelPath, language: str, text: bytes) -> list[Place]:
    """The definitions of a text, found now.  Raises QueryError."""
    rules = tables.rules_for(language)
    if rules is None:
        return []
    shown = display_path(path)
    try:
        grammar = grammars.load(rules, languages.extension(path))
        return found_places(find_definitions(grammar, text), text)
    except (ImportError, ValueError) as exc:
        raise QueryError(
            f"{shown}: the grammar of {language} cannot be loaded ({exc}); `codelode doctor` says what to install"
        ) from exc
    except SlowParse as exc:
        raise QueryError(f"{shown} takes too long to parse") from exc


def read_text(root: str, path: RelPath) -> bytes:
    """A file as it is now, in the index or not (UTF-8).  Raises QueryError when it cannot be read or is no text."""
    try:
        with open(os.path.join(os.fsencode(root), path), "rb") as file:
            text = decode(file.read())
    except OSError as exc:
        raise QueryError(f"{display_path(path)}: {exc.strerror}") from exc
    if isinstance(text, SkipReason):
        raise QueryError(f"{display_path(path)} has no outline: {text.value}")
    return text
