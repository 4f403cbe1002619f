"""What the commands that answer one question have in common: the index they open, and how they print."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from codelode import config
from codelode.surfaces import arguments, targets
from codelode.surfaces.options import languages
from codelode.surfaces.output import Look, Output, look
from codelode.surfaces.refreshing import refresh

if TYPE_CHECKING:
    from codelode.app import Index

FOUND, NOTHING = 0, 1


@contextmanager
def opened(options: argparse.Namespace, paths: Sequence[str]) -> Iterator[tuple[Index, targets.Target, Look]]:
    """The index that PATHs belong to, up to date; what they are; and how to dress the answer."""
    from codelode.app import Index

    target, dress = targets.target(paths), look(options.color, os.environ)
    with Index(target.root, config.load(target.root, arguments.flags(options), os.environ)) as index:
        if not options.no_refresh:
            refresh(index, thorough=False)
        yield index, target, dress


def filters(options: argparse.Namespace) -> dict[str, Any]:
    """The filters that all questions know."""
    return {"languages": languages(options.lang), "globs": tuple(options.path)}


def print_lines(lines: Iterable[str], dress: Look) -> None:
    """Print lines that have their line feeds."""
    output = Output(eager=dress.terminal)
    output.lines(lines)
    output.flush()


def print_json(value: Any) -> None:
    """Print one JSON value."""
    import json

    output = Output()
    output.write(json.dumps(value) + "\n")
    output.flush()


def note(text: str) -> None:
    """Say something on the standard error."""
    print(f"codelode: {Look(terminal=True).clean(text)}", file=sys.stderr)
