"""The grammar of the command line: one parser a command, built only for the command that runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from codelode.errors import UsageError
from codelode.surfaces.output import Output

_Add = Callable[[argparse.ArgumentParser], None]


class Command:
    """One command: its words in the help, and its options."""

    def __init__(
        self, usage: str, summary: str, details: str, add: _Add, least: int, most: int | None
    ) -> None:
        self.usage = usage
        self.summary = summary
        self.details = details
        self.add = add
        self.least = least
        self.most = most
        """how many words that are no options it takes; None for any number"""


def _whole(least: int) -> Callable[[str], int]:
    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} up")
        return value

    return convert


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _no_ignore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-ignore",
        dest="ignore_files",
        action="store_const",
        const=False,
        help="do not obey .gitignore and similar files",
    )


def _mode(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--mode",
        choices=("auto", "words", "exact", "regex", "ast"),
        default="auto",
        help="how to read the query; auto (the default) decides by its look",
    )


def _limit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-n", "--limit", metavar="N", type=_whole(1), help="at most N hits (default 10)")


def _no_refresh(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-refresh", action="store_true", help="search the index as it is")


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
    _no_ignore(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress, no summary")
    _json(parser)


def _search(parser: argparse.ArgumentParser) -> None:
    _mode(parser)
    _limit(parser)
    parser.add_argument(
        "--all", action="store_true", help="every match in path order, unranked, as grep would"
    )
    parser.add_argument(
        "--lang",
        metavar="LANG",
        action="append",
        default=[],
        help="only files of this language; repeat it, or separate several by commas",
    )
    parser.add_argument(
        "--path",
        metavar="GLOB",
        action="append",
        default=[],
        help="only files whose path matches, in gitignore syntax; '!GLOB' leaves files out; can be repeated",
    )
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
        "-C", "--context", metavar="LINES", type=_whole(0), help="show so many lines around each match"
    )
    parser.add_argument(
        "--budget",
        metavar="TOKENS",
        type=_whole(1),
        help="fit the output into so many tokens of 4 characters: fewer context lines, then fewer hits",
    )
    parser.add_argument("--explain", action="store_true", help="say how the answer came about")
    _no_refresh(parser)
    _no_ignore(parser)
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="auto (the default): on a terminal, unless NO_COLOR is set",
    )
    _json(parser)


def _batch(parser: argparse.ArgumentParser) -> None:
    _mode(parser)
    _limit(parser)
    _no_refresh(parser)


def _status(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--skipped", action="store_true", help="list every file left out, with the reason")
    _json(parser)


def _nothing(_: argparse.ArgumentParser) -> None:
    """A command without options."""


COMMANDS = {
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
        "QUERY is words, a literal text or a regular expression, see --mode; write -- before a query\n"
        "that starts with a dash.  PATHs are files or folders of one index (default: the current folder).",
        _search,
        1,
        None,
    ),
    "batch": Command(
        "batch [PATH] [options]",
        "answer many queries: one a line on stdin, one JSON list of hits a line on stdout",
        "The index is brought up to date once, before the first query.  A bad query gives [] and an\n"
        "error message.",
        _batch,
        0,
        1,
    ),
    "status": Command(
        "status [PATH] [options]",
        "say what is indexed, what was skipped and why, how fresh and how large",
        "PATH is any place in an indexed folder (default: the current folder).",
        _status,
        0,
        1,
    ),
    "list": Command("list [options]", "list all indexes of this user", "", _json, 0, 0),
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
    if len(words) < command.least:
        parser.error(f"{command.usage.split()[1]} is missing")
    if command.most is not None and len(words) > command.most:
        parser.error(f"unexpected {words[command.most]!r}")
    options.words = words
    return options


def flags(options: argparse.Namespace) -> dict[str, Any]:
    """The settings among `options`, by their names; None where not given."""
    return {name: getattr(options, name, None) for name in ("jobs", "memory_mb", "ignore_files")}


def overview() -> str:
    """The text of ``codelode --help``."""
    width = max(map(len, COMMANDS))
    rows = [f"  {name:<{width}}  {command.summary}" for name, command in COMMANDS.items()]
    return "\n".join(
        [
            "usage: codelode COMMAND ...",
            "",
            "Index source trees at close to disk speed; search them exactly and by rank, offline.",
            "",
            "commands:",
            *rows,
            "",
            "codelode COMMAND --help describes a command; codelode --version prints the version.",
            "Exit status: 0 found, 1 nothing found, 2 error.",
            "",
        ]
    )
