"""What the commands share: options of the same name mean the same everywhere."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Sequence

from codelode.errors import UsageError

FORMATS = ("grep", "vimgrep", "jsonl", "json", "paths", "count")
"""What ``--format`` can be"""

AddOptions = Callable[[argparse.ArgumentParser], None]


class Command:
    """One command: its words in the help, and its options."""

    def __init__(
        self, usage: str, summary: str, details: str, add: AddOptions, least: int, most: int | None
    ) -> None:
        self.usage = usage
        self.summary = summary
        self.details = details
        self.add = add
        self.least = least
        self.most = most
        """how many words that are no options it takes; None for any number"""


def whole(least: int) -> Callable[[str], int]:
    """A converter for whole numbers from `least` up."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} up")
        return value

    return convert


def add_json(parser: argparse.ArgumentParser) -> None:
    """``--json``"""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def add_no_ignore(parser: argparse.ArgumentParser) -> None:
    """``--no-ignore``"""
    parser.add_argument(
        "--no-ignore",
        dest="ignore_files",
        action="store_const",
        const=False,
        help="do not obey .gitignore and similar files",
    )


def add_mode(parser: argparse.ArgumentParser, more: Sequence[str]) -> None:
    """``--mode``, with `more` modes than those that all queries know."""
    parser.add_argument(
        "--mode",
        choices=("auto", "hybrid", "words", "semantic", "exact", "regex", *more),
        default="auto",
        help="how to read the query; auto (the default) decides by its look",
    )


def add_limit(parser: argparse.ArgumentParser, of: str = "hits", default: int = 10) -> None:
    """``-n``: at most so many `of` what is listed."""
    parser.add_argument(
        "-n", "--limit", metavar="N", type=whole(1), help=f"at most N {of} (default {default})"
    )


def add_no_refresh(parser: argparse.ArgumentParser) -> None:
    """``--no-refresh``"""
    parser.add_argument("--no-refresh", action="store_true", help="search the index as it is")


def add_kind(parser: argparse.ArgumentParser) -> None:
    """``--kind``"""
    parser.add_argument(
        "--kind",
        metavar="KIND",
        action="append",
        default=[],
        help="only definitions of this kind (function, class, constant...); repeat it, or separate by commas",
    )


def add_filters(parser: argparse.ArgumentParser) -> None:
    """``--lang`` and ``--path``"""
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


def add_color(parser: argparse.ArgumentParser) -> None:
    """``--color``"""
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="auto (the default): on a terminal, unless NO_COLOR is set",
    )


def listed(given: Sequence[str]) -> tuple[str, ...]:
    """The values of an option that can be repeated, and whose values can be separated by commas; lower case."""
    return tuple(name.strip().lower() for part in given for name in part.split(",") if name.strip())


def languages(given: Sequence[str]) -> tuple[str, ...]:
    """The languages of all ``--lang``; raises UsageError for one that no file can have."""
    names = listed(given)
    if names:
        from codelode.text.languages import known

        for name in names:
            check(name, known(), "--lang: unknown language")
    return names


def check(name: str, known: Collection[str], complaint: str) -> None:
    """Raises UsageError for a `name` that is not `known`, with the nearest that is."""
    if name not in known:
        import difflib

        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(sorted(known))}"
        raise UsageError(f"{complaint} {name!r}; {hint}")
