"""Which hits of an answer are given: so many, behind so many others, of each file so many.

Exact search and the query language bound the hits of a file while they rank; the other modes only know how many hits
are wanted, and are asked for more until enough are left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from codelode.model import Hit, Mode, SearchOptions

BOUND_FILES = frozenset({Mode.EXACT, Mode.REGEX, Mode.QUERY})
"""Modes that know `SearchOptions.max_per_file` themselves"""

WIDER = 4
"""How many times more hits a mode is asked for when too few are left"""

MOST_ASKED = 10_000
"""Hits beyond which no more are asked for: what ranks so low is no answer any more"""


def select(search: Callable[[SearchOptions], Sequence[Hit]], options: SearchOptions) -> list[Hit]:
    """The part of what `search` finds that `options` ask for, with options of which it need not know `offset`."""
    if options.all_matches:
        return list(stream(search(options), options))
    wanted = options.offset + options.limit
    asked = replace(options, limit=wanted, offset=0)
    most = None if options.mode in BOUND_FILES else options.max_per_file
    while True:
        found = search(asked)
        hits = list(found) if most is None else list(_bounded(found, most))
        if len(hits) >= wanted or len(found) < asked.limit or most is None or asked.limit >= MOST_ASKED:
            return hits[options.offset : wanted]
        asked = replace(asked, limit=min(WIDER * asked.limit, MOST_ASKED))


def stream(hits: Iterable[Hit], options: SearchOptions) -> Iterator[Hit]:
    """The same of all matches, which come file by file."""
    if options.max_per_file is not None:
        hits = _bounded(hits, options.max_per_file)
    return islice(hits, options.offset, None) if options.offset else iter(hits)


def _bounded(hits: Iterable[Hit], most: int) -> Iterator[Hit]:
    """`hits` without those of a file that has had `most` of them."""
    seen: Counter[str] = Counter()
    for hit in hits:
        seen[hit.path] += 1
        if seen[hit.path] <= most:
            yield hit
