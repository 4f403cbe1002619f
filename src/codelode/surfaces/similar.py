"""``codelode similar``: code like the code at a place."""

from __future__ import annotations

import argparse
import os
import re

from codelode.errors import UsageError
from codelode.surfaces import render
from codelode.surfaces.answering import FOUND, NOTHING, filters, note, opened, print_json, print_lines

DEFAULT_LIMIT = 10

_PLACE = re.compile(r"(.+?)(?::(\d+))?(?::\d+)?", re.DOTALL)
"""``FILE``, ``FILE:LINE``, or ``FILE:LINE:COLUMN`` as compilers and grep print it"""


def similar(options: argparse.Namespace) -> int:
    """Shows the pieces of code that are most like the one at FILE:LINE."""
    (place,) = options.words
    path, line = _parse(place)
    with opened(options, [path]) as (index, target, dress):
        inside = os.path.relpath(os.path.realpath(path), target.root)
        hits = index.similar(inside, line, limit=options.limit or DEFAULT_LIMIT, **filters(options))
        if options.json:
            rows = [hit.to_json() for hit in hits]
            print_json({"path": inside.replace(os.sep, "/"), "line": line, "root": target.root, "hits": rows})
        else:
            print_lines(render.ranked(hits, target.shown, dress, None), dress)
            if not hits:
                note(f"nothing like it beside {path} itself")
    return FOUND if hits else NOTHING


def _parse(place: str) -> tuple[str, int]:
    """The file and the line of ``FILE:LINE``; a file of that very name goes before a line number."""
    if os.path.exists(place):  # noqa: PTH110
        return place, 1
    found = _PLACE.fullmatch(place)
    if found is None or found[2] == "0":
        raise UsageError(f"{place!r} is no place in a file; write FILE:LINE, lines count from 1")
    return found[1], int(found[2] or 1)
