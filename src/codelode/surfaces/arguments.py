"""The grammar of the command line: one parser a command, built only for the command that runs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from codelode.errors import UsageError
from codelode.surfaces.options import (
    FORMATS,
    Command,
    add_color,
    add_filters,
    add_json,
    add_kind,
    add_limit,
    add_mode,
    add_no_ignore,
    add_no_refresh,
    whole,
)
from codelode.surfaces.output import Output
from codelode.surfaces.structure_commands import STRUCTURE_COMMANDS


def _index(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jobs", metavar="N", help='worker processes, or "auto" for one a core')
    parser.add_argument(
        "--memory",
        dest="memory_mb",
        metavar="MB",
        help="bound on the memory of all processes together, in MiB",
    )
    parser.add_argument("--rebuild", action="store_true", help="start from nothing; repairs a damaged index")
    parser.add_argument(
        "--no-wait", action="store_true", help="fail when another process is building the index"
    )
    add_no_ignore(parser)
    parser.add_argument(
        "--no-embed",
        dest="embed_after_index",
        action="store_const",
        const=False,
        help="start no embedder in the background",
    )
    _add_quiet(parser)
    add_json(parser)


def _embed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-wait", action="store_true", help="fail when another process is embedding the index"
    )
    _add_quiet(parser)
    add_json(parser)


def _add_quiet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="no progress, no summary")


def _search(parser: argparse.ArgumentParser) -> None:
    add_mode(parser, ("query", "symbol", "ast"))
    add_kind(parser)
    add_limit(parser)
    parser.add_argument("--offset", metavar="N", type=whole(0), default=0, help="leave out the first N hits")
    parser.add_argument(
        "--cursor",
        metavar="TOKEN",
        default="",
        help="start: an answer in pages of -n hits; then the token that a page ends with, in place of QUERY",
    )
    parser.add_argument(
        "--max-per-file",
        metavar="N",
        type=whole(1),
        help="at most N hits of one file; those behind them move up",
    )
    parser.add_argument(
        "--all", action="store_true", help="every match in path order, unranked, as grep would"
    )
    add_filters(parser)
    parser.add_argument(
        "--case",
        choices=("smart", "sensitive", "ignore"),
        default="smart",
        help="smart (the default): case counts when the query has an upper-case letter",
    )
    parser.add_argument(
        "-i",
        "--ignore-case",
        dest="case",
        action="store_const",
        const="ignore",
        help="short for --case ignore",
    )
    parser.add_argument(
        "-s",
        "--case-sensitive",
        dest="case",
        action="store_const",
        const="sensitive",
        help="short for --case sensitive",
    )
    parser.add_argument(
        "-C", "--context", metavar="LINES", type=whole(0), help="show so many lines around each match"
    )
    parser.add_argument(
        "--budget",
        metavar="TOKENS",
        type=whole(1),
        help="fit the output into so many tokens of 4 characters: fewer lines of each hit, then fewer hits",
    )
    parser.add_argument(
        "--group",
        metavar="NAME",
        action="append",
        default=[],
        help="search the folders of this group in your settings too; can be repeated",
    )
    parser.add_argument("--all-indexes", action="store_true", help="search all that codelode list lists")
    parser.add_argument(
        "--timeout",
        metavar="MS",
        type=whole(0),
        help="stop after so many milliseconds, with what is found by then",
    )
    parser.add_argument("--explain", action="store_true", help="say how the answer came about")
    parser.add_argument(
        "--profile", action="store_true", help="say how many milliseconds each stage of the search took"
    )
    add_no_refresh(parser)
    add_no_ignore(parser)
    add_color(parser)
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="",
        help="how to print: lines as grep, places as vimgrep, an object a hit, one object, paths, or lines a file",
    )
    add_json(parser)


def _similar(parser: argparse.ArgumentParser) -> None:
    add_limit(parser)
    add_filters(parser)
    add_no_refresh(parser)
    add_no_ignore(parser)
    add_color(parser)
    add_json(parser)


def _batch(parser: argparse.ArgumentParser) -> None:
    add_mode(parser, ("query", "symbol"))
    add_limit(parser)
    add_no_refresh(parser)


def _status(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--skipped", action="store_true", help="list every file left out, with the reason")
    parser.add_argument(
        "--metrics",
        action="store_true",
        help="how long the last 1,000 questions and index runs of each kind took",
    )
    parser.add_argument(
        "--slow", action="store_true", help="the last questions that took slow_query_ms and more"
    )
    add_json(parser)


def _nothing(_: argparse.ArgumentParser) -> None:
    """A command without options."""


COMMANDS: dict[str, Command] = {
    "index": Command(
        "index [PATH] [options]",
        "build the index of a folder, or bring it up to date",
        "PATH is a folder (default: the current one); below an indexed folder, that folder's index is meant.",
        _index,
        0,
        1,
    ),
    "search": Command(
        "search QUERY [PATH ...] [options]",
        "search, after bringing the index up to date",
        "QUERY is words, a literal text, a regular expression, sym: and a name, a query in the query language\n"
        "(see: codelode help query), or a pattern of code (--mode ast); write -- before one that starts with a\n"
        "dash.  PATHs are files or folders (default: the current folder); those of several indexes are searched\n"
        "as if they were of one.",
        _search,
        1,
        None,
    ),
    "similar": Command(
        "similar FILE[:LINE] [options]",
        "find code like the code at a place",
        "What counts is the piece of FILE that holds LINE (default: its first), a whole function mostly.",
        _similar,
        1,
        1,
    ),
    "batch": Command(
        "batch [PATH ...] [options]",
        "answer many queries: one a line on stdin, one JSON list of hits a line on stdout",
        "The index is brought up to date once, before the first query.  A bad query gives [] and an\n"
        "error message.",
        _batch,
        0,
        None,
    ),
    **STRUCTURE_COMMANDS,
    "status": Command(
        "status [PATH] [options]",
        "say what is indexed, what was skipped and why, how fresh and how large",
        "PATH is any place in an indexed folder (default: the current folder).",
        _status,
        0,
        1,
    ),
    "embed": Command(
        "embed [PATH] [options]",
        "make the vectors that are missing, in the foreground",
        "PATH is any place in an indexed folder (default: the current folder).  Needed only after a job in\n"
        "the background was stopped, or to see one at work: the next one goes on where the last one was.",
        _embed,
        0,
        1,
    ),
    "list": Command("list [options]", "list all indexes of this user", "", add_json, 0, 0),
    "drop": Command(
        "drop PATH",
        "remove an index; the files it was made from stay",
        "PATH is the indexed folder itself; it need not exist any more.",
        _nothing,
        1,
        1,
    ),
    "verify": Command(
        "verify [PATH]",
        "check every byte of an index for damage",
        "PATH is any place in an indexed folder (default: the current folder).",
        _nothing,
        0,
        1,
    ),
    "doctor": Command(
        "doctor [PATH] [options]",
        "say whether all that codelode needs is here, language by language",
        "PATH is any place in an indexed folder (default: the current folder).",
        add_json,
        0,
        1,
    ),
}


class _Parser(argparse.ArgumentParser):
    def print_help(self, file: Any = None) -> None:
        output = Output(file)
        output.write(self.format_help())
        output.flush()

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see: {self.prog} --help")


def parser_of(name: str) -> argparse.ArgumentParser:
    """The parser for the options of the command `name`."""
    command = COMMANDS[name]
    parser = _Parser(
        prog=f"codelode {name}",
        usage=f"codelode {command.usage}",
        description=f"{command.summary[0].upper()}{command.summary[1:]}.\n\n{command.details}".rstrip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.add(parser)
    return parser


def parse(name: str, arguments: Sequence[str]) -> argparse.Namespace:
    """The options of the command `name`, with `words`: everything else, in order.

    Options may stand anywhere before ``--``.  argparse's own positional arguments are not used: it gives
    those behind an option to nobody.  Raises UsageError.
    """
    command, parser = COMMANDS[name], parser_of(name)
    dashes = list(arguments).index("--") if "--" in arguments else len(arguments)
    options, words = parser.parse_known_args(arguments[:dashes])
    for word in words:
        if word.startswith("-") and word != "-":
            hint = "; write -- before a query that starts with a dash" if name == "search" else ""
            parser.error(f"unknown option {word}{hint}")
    words += arguments[dashes + 1 :]
    later_page = getattr(options, "cursor", "") not in ("", "start")
    if len(words) < command.least - later_page:
        parser.error(f"{command.usage.split()[1]} is missing")
    if command.most is not None and len(words) > command.most:
        parser.error(f"unexpected {words[command.most]!r}")
    options.words = words
    return options


def flags(options: argparse.Namespace) -> dict[str, Any]:
    """The settings among `options`, by their names; None where not given."""
    return {
        name: getattr(options, name, None)
        for name in ("jobs", "memory_mb", "ignore_files", "embed_after_index")
    }


def overview() -> str:
    """The text of ``codelode --help``."""
    width = max(map(len, COMMANDS))
    rows = [f"  {name:<{width}}  {command.summary}" for name, command in COMMANDS.items()]
    return "\n".join(
        [
            "usage: codelode COMMAND ...",
            "",
            "Index source trees at close to disk speed; search them exactly, by rank and by structure, offline.",
            "",
            "commands:",
            *rows,
            "",
            "codelode COMMAND --help describes a command, codelode help query the query language;",
            "codelode --version prints the version.",
            "Exit status: 0 found, 1 nothing found, 2 error.",
            "",
        ]
    )
