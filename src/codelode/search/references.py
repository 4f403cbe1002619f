"""References: every mention of a name, and what each is for.  Found when asked, from the files as they are now."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice

from codelode.model import Reference, Role, SearchOptions, SearchStats, display_path
from codelode.search.lines import MatchedLine, columns
from codelode.search.mentions import mentioning_files
from codelode.search.parsed import ParsedFile
from codelode.search.snapshot import Snapshot
from codelode.search.source import Sources
from codelode.search.symbolname import parse_name


def find_references(
    snapshot: Snapshot,
    name: str,
    options: SearchOptions,
    sources: Sources,
    stats: SearchStats,
    *,
    roles: Collection[Role] = (),
    offset: int = 0,
) -> Iterator[Reference]:
    """Every mention of `name` (of the last part of a qualified one) in path and line order, the first `offset`
    left out; `options.limit` of them, or all with `options.all_matches`.

    `roles` keeps those of these roles only; empty for all.  A file is read and parsed when the iterator gets to
    it, so that a popular name costs what is shown of it; `estimate_total` says how many there may be.  Raises
    PatternError for a name that is no text.
    """
    found = _references(snapshot, parse_name(name).last.decode(), options, sources, stats, frozenset(roles))
    end = None if options.all_matches else offset + options.limit
    return islice(found, offset, end)


def estimate_total(stats: SearchStats) -> int:
    """How many mentions there are in all, judged by the share of candidate files that were read so far."""
    if not stats.files_read:
        return 0
    return max(stats.matches, round(stats.matches * stats.candidates / stats.files_read))


def _references(
    snapshot: Snapshot,
    name: str,
    options: SearchOptions,
    sources: Sources,
    stats: SearchStats,
    roles: frozenset[Role],
) -> Iterator[Reference]:
    for file, lines in mentioning_files(snapshot, name, options, sources, stats):
        path = display_path(file.path)
        for line in lines:
            for reference in _on_line(file, path, line):
                if not roles or reference.role in roles:
                    yield reference


def _on_line(file: ParsedFile, path: str, line: MatchedLine) -> Iterator[Reference]:
    shown = file.text[line.start : line.end]
    text = shown.decode("utf-8", "replace")
    for (start, end), (column, _) in zip(line.spans, columns(shown, line.spans), strict=True):
        mention = file.mention(line.start + start, line.start + end)
        if mention is None:
            continue
        outline = file.outline
        holder = outline.enclosing(line.start + start) if outline is not None else -1
        if outline is not None and holder >= 0 and outline.name_starts[holder] == line.start + start:
            holder = outline.parent(holder)
        yield Reference(path, line.number, column, mention.role, text, file.language, file.qualified(holder))
