"""The commands about indexes themselves: index, embed, status, list, drop, verify.  Each returns an exit status."""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from codelode import config
from codelode.errors import (
    BuildInterrupted,
    CorruptIndexError,
    IndexFormatError,
    IndexNotFoundError,
    UsageError,
)
from codelode.surfaces import arguments, figures, report, targets
from codelode.surfaces.output import Output, look
from codelode.surfaces.progress import TerminalProgress
from codelode.surfaces.refreshing import refresh

if TYPE_CHECKING:
    from codelode.app import Index

OK, NOTHING = 0, 1


def index(options: argparse.Namespace) -> int:
    """Builds or refreshes an index and says what came of it."""
    from codelode.app import Index

    given = _path(options)
    root = targets.root_of(given)
    output = Output()
    with Index(root, config.load(root, arguments.flags(options), os.environ)) as target:
        run = refresh(target, quiet=options.quiet, rebuild=options.rebuild, wait=not options.no_wait)
        for note in run.notes if not options.quiet else ():
            print(f"codelode: {note}", file=sys.stderr)
        if options.json:
            output.write(_json({"root": target.root, "location": target.location, **run.to_json()}))
        elif not options.quiet:
            elsewhere = "" if os.path.realpath(given) == os.path.realpath(root) else target.root
            output.write(report.summary(run, elsewhere) + "\n")
    output.flush()
    return OK


def embed(options: argparse.Namespace) -> int:
    """Makes the vectors that are missing and says how many those were."""
    output = Output()
    with _existing(_path(options)) as target:
        try:
            if options.quiet:
                done = target.embed(wait=not options.no_wait)
            else:
                with TerminalProgress(sys.stderr) as progress:
                    done = target.embed(wait=not options.no_wait, progress=progress)
        except KeyboardInterrupt as exc:
            raise BuildInterrupted(
                "stopped; what is embedded is kept, and the next run goes on from here"
            ) from exc
        if options.json:
            output.write(_json({"root": target.root, "location": target.location, **done.to_json()}))
        elif not options.quiet:
            output.write(report.embedded(done, target.settings.embedder) + "\n")
    output.flush()
    return OK


def status(options: argparse.Namespace) -> int:
    """Says what an index holds and what it does not."""
    output, dress = Output(), look("never", os.environ)
    with _existing(_path(options)) as target:
        if options.json:
            answer = {**target.status().to_json(), "vectors": target.embedding_state().to_json()}
            if options.skipped:
                answer["skipped_files"] = [
                    {"path": path, "reason": reason, "detail": detail}
                    for path, reason, detail in target.skipped()
                ]
            if options.metrics:
                answer["metrics"] = target.metrics().to_json()
            elif options.slow:
                answer["slow"] = list(target.metrics().slow)
            output.write(_json(answer))
        elif options.skipped:
            output.lines(map(dress.clean, report.skipped(target.skipped(), aligned=dress.terminal)))
        elif options.metrics or options.slow:
            found = target.metrics()
            slow_ms = target.settings.slow_query_ms
            output.lines(report.timings(found, slow_ms) if options.metrics else ())
            output.lines(map(dress.clean, report.slow(found.slow, slow_ms)) if options.slow else ())
        else:
            output.lines(report.status(target.status(), target.embedding_state(), time.time()))
    output.flush()
    return OK


def list_(options: argparse.Namespace) -> int:
    """Lists the indexes in the user's cache folder; status 1 when there are none."""
    from codelode.app import list_indexes

    output, dress = Output(), look("never", os.environ)
    rows = list_indexes()
    if options.json:
        names = ("root", "location", "files", "bytes_on_disk", "last_refresh", "root_exists")
        output.write(_json([{name: getattr(row, name) for name in names} for row in rows]))
    else:
        output.lines(report.indexes(rows, time.time(), aligned=dress.terminal))
    output.flush()
    return OK if rows else NOTHING


def drop(options: argparse.Namespace) -> int:
    """Removes the index of exactly the folder given: never one that merely holds it."""
    from codelode.app import Index

    given = _path(options)
    real = os.path.realpath(given)
    holder = targets.nearest_index(real)
    if holder is None:
        raise IndexNotFoundError(f"no index of {given}")
    if holder != real:
        raise UsageError(f"{given} is part of the index of {holder}; to remove that, name it")
    with Index(real, config.load(real, {}, os.environ)) as target:
        try:
            known = target.status()
            what = f"{figures.count(known.files, 'file')}, {figures.size(known.bytes_on_disk)}"
        except (CorruptIndexError, IndexFormatError) as exc:
            what = str(exc)
        root, location = target.root, target.location
        target.drop()
    output = Output()
    output.write(f"removed the index of {root} ({what}): {location}\n")
    output.flush()
    return OK


def verify(options: argparse.Namespace) -> int:
    """Lists the damages of an index; status 2 when there are any."""
    output = Output()
    with _existing(_path(options)) as target:
        damages = target.verify()
        output.lines(f"{damage}\n" for damage in damages)
        if not damages:
            output.write(f"sound: {target.root}\n")
        output.flush()
        if damages:
            raise CorruptIndexError(
                f"the index of {target.root} is damaged; repair it with: "
                f"codelode index --rebuild {target.root}"
            )
    return OK


def _path(options: argparse.Namespace) -> str:
    return options.words[0] if options.words else os.curdir


def _existing(path: str) -> Index:
    """The index that holds `path`; raises IndexNotFoundError."""
    from codelode.app import Index

    root = targets.indexed_root_of(path)
    return Index(root, config.load(root, {}, os.environ))


def _json(value: Any) -> str:
    import json

    return json.dumps(value) + "\n"
