"""The grammar of the commands about structure: outline, def, refs, callers, callees, impact."""

from __future__ import annotations

import argparse

from codelode.surfaces.options import (
    Command,
    add_color,
    add_filters,
    add_json,
    add_kind,
    add_limit,
    add_no_ignore,
    add_no_refresh,
    whole,
)

DEFINITIONS, REFERENCES, CALLS = 20, 100, 100
"""How many are shown when no limit is given"""

CALLER_DEPTH, IMPACT_DEPTH = 1, 3
"""Levels of callers when no depth is given"""

_PLACES = "PATHs are files or folders of one index (default: all of it)"


def _ends(parser: argparse.ArgumentParser) -> None:
    add_filters(parser)
    add_no_refresh(parser)
    add_no_ignore(parser)
    add_color(parser)
    add_json(parser)


def _depth(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("--depth", metavar="N", type=whole(1), help=what)


def _outline(parser: argparse.ArgumentParser) -> None:
    add_kind(parser)
    _depth(parser, "only N levels of definitions inside definitions")
    _ends(parser)


def _def(parser: argparse.ArgumentParser) -> None:
    add_kind(parser)
    add_limit(parser, "definitions", DEFINITIONS)
    parser.add_argument("--body", action="store_true", help="show the source of each")
    _ends(parser)


def _refs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--role",
        metavar="ROLE",
        action="append",
        default=[],
        help="only definition, call, read, write, import, type, comment, string or text (where nothing is known); "
        "repeat it, or separate several by commas; default: all of code, so neither comment nor string",
    )
    add_limit(parser, "references", REFERENCES)
    parser.add_argument("--offset", metavar="N", type=whole(0), default=0, help="leave out the first N")
    parser.add_argument("--all", action="store_true", help="every reference, however many")
    _ends(parser)


def _callers(parser: argparse.ArgumentParser) -> None:
    _depth(parser, f"also the callers of callers, N levels in all (default {CALLER_DEPTH})")
    add_limit(parser, "calls", CALLS)
    _ends(parser)


def _callees(parser: argparse.ArgumentParser) -> None:
    add_limit(parser, "calls", CALLS)
    add_no_refresh(parser)
    add_no_ignore(parser)
    add_color(parser)
    add_json(parser)


def _impact(parser: argparse.ArgumentParser) -> None:
    _depth(parser, f"so many calls away (default {IMPACT_DEPTH})")
    add_limit(parser, "affected definitions", CALLS)
    _ends(parser)


STRUCTURE_COMMANDS = {
    "outline": Command(
        "outline [PATH] [options]",
        "show the definitions in a file or folder as a tree",
        "PATH is a file or folder of an index (default: the current folder).",
        _outline,
        0,
        1,
    ),
    "def": Command(
        "def NAME [PATH ...] [options]",
        "show where a name is defined",
        f"NAME may be qualified: Class.method, ns::fn.  {_PLACES}.",
        _def,
        1,
        None,
    ),
    "refs": Command(
        "refs NAME [PATH ...] [options]",
        "list where a name is mentioned, and what for",
        f"{_PLACES}.",
        _refs,
        1,
        None,
    ),
    "callers": Command(
        "callers NAME [PATH ...] [options]",
        "show who calls a function",
        f"NAME may be qualified: Class.method, ns::fn.  {_PLACES}\nin which calls are looked for.",
        _callers,
        1,
        None,
    ),
    "callees": Command(
        "callees NAME [PATH] [options]",
        "show what a function calls",
        "NAME may be qualified: Class.method, ns::fn.  PATH is any place in an indexed folder.",
        _callees,
        1,
        2,
    ),
    "impact": Command(
        "impact NAME|FILE [PATH ...] [options]",
        "show what a change of a definition, or of a file, may affect",
        f"A file of that name goes before a definition.  {_PLACES}\nin which calls are looked for.",
        _impact,
        1,
        None,
    ),
}
