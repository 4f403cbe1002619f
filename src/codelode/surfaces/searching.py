"""``codelode search`` and ``codelode batch``."""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from time import perf_counter
from typing import Any

from codelode import config
from codelode.errors import QueryError, UsageError
from codelode.model import RANKED, Case, Mode
from codelode.surfaces import arguments, targets
from codelode.surfaces.formats import WITH_CONTEXT, Format, Layout
from codelode.surfaces.options import languages, listed
from codelode.surfaces.output import Output, look
from codelode.surfaces.refreshing import refresh
from codelode.surfaces.showing import Answer, Wishes, show

FOUND, NOTHING, FAILED = 0, 1, 2
"""Exit statuses, as grep has them."""

DEFAULT_LIMIT = 10


def search(options: argparse.Namespace) -> int:
    """Runs one query and prints its hits; the exit status."""
    began = perf_counter()
    form = _form(options)
    query, *paths = options.words
    from codelode.app import Index

    target = targets.target(paths)
    dress = look(options.color, os.environ)
    asked = _asked(options, target)
    _check(query, options)
    with Index(target.root, config.load(target.root, arguments.flags(options), os.environ)) as index:
        before = {}
        if not options.no_refresh:
            refreshing = perf_counter()
            refresh(index, thorough=False)
            before["refresh"] = (perf_counter() - refreshing) * 1000
        asking = perf_counter()
        if options.all:
            stream = index.stream(query, **asked)
            first = next(stream, None)  # a damaged index must be found before anything is printed
            hits = stream if first is None else itertools.chain([first], stream)
            answer = Answer(query, stream.mode, stream.why, target.root, hits, stream.stats)
        else:
            result = index.search(query, limit=options.limit or DEFAULT_LIMIT, **asked)
            before["open"] = (perf_counter() - asking) * 1000 - result.stats.elapsed_ms
            answer = Answer(query, result.mode, result.why, target.root, result.hits, result.stats)
        layout = Layout(form, answer.mode, target.shown, dress, options.context, options.all)
        return show(answer, layout, Wishes(began, before, options.budget, options.profile))


def _form(options: argparse.Namespace) -> Format:
    """The format that is asked for; raises UsageError for options that do not go together."""
    form = Format(options.format)
    if options.json and form not in (Format.SCREEN, Format.JSON):
        raise UsageError(f"--json is short for --format json: leave it out, or --format {form.value}")
    if options.json:
        form = Format.JSON
    if options.context is not None and form not in WITH_CONTEXT:
        raise UsageError(f"--format {form.value} shows no lines around matches: leave out -C")
    if options.all and options.limit is not None:
        raise UsageError("--all prints every match: leave out -n")
    if options.all and options.budget is not None:
        raise UsageError("--budget keeps the best hits, --all has no best: leave out one of them")
    return form


def batch(options: argparse.Namespace) -> int:
    """Answers the queries on the standard input, a line each; the exit status."""
    import json

    from codelode.app import Index

    target = targets.target(options.words)
    output = Output()
    found = failed = False
    with Index(target.root, config.load(target.root, {}, os.environ)) as index:
        if not options.no_refresh:
            refresh(index, thorough=False)
        for number, line in enumerate(sys.stdin.buffer, start=1):
            hits: list[dict[str, Any]] = []
            try:
                result = index.search(
                    _decoded(line),
                    mode=options.mode,
                    limit=options.limit or DEFAULT_LIMIT,
                    under=target.under,
                )
                hits = [hit.to_json() for hit in result.hits]
            except QueryError as exc:
                failed = True
                print(f"codelode: line {number}: {exc}", file=sys.stderr)
            found = found or bool(hits)
            output.write(json.dumps(hits) + "\n")
            output.flush()  # whoever asks may wait for this answer before the next question
    return FAILED if failed else FOUND if found else NOTHING


def _decoded(line: bytes) -> str:
    try:
        return line.rstrip(b"\r\n").decode("utf-8")
    except UnicodeDecodeError as exc:
        raise QueryError("the query is not UTF-8") from exc


def _asked(options: argparse.Namespace, target: targets.Target) -> dict[str, Any]:
    """What `Index.search` and `Index.stream` are asked beside the query."""
    return {
        "mode": options.mode,
        "case": options.case,
        "context": options.context or 0,
        "languages": languages(options.lang),
        "kinds": listed(options.kind),
        "globs": tuple(options.path),
        "under": target.under,
        "explain": options.explain,
        "offset": options.offset,
        "max_per_file": options.max_per_file,
    }


def _check(query: str, options: argparse.Namespace) -> None:
    """Raises QueryError for a query that cannot run: before an index is built for it, not after."""
    from codelode.search.answer import resolve

    mode, pattern, _ = resolve(query, Mode(options.mode), exhaustive=options.all)
    if mode is Mode.SYMBOL:
        from codelode.search.symbolname import kind_codes

        kind_codes(frozenset(listed(options.kind)))
        return
    if options.kind:
        raise UsageError(
            "--kind is about definitions: use it with --mode symbol, or write sym: before the query"
        )
    if mode is Mode.AST:
        from codelode.search.structural import compile_structure

        compile_structure(pattern, frozenset(languages(options.lang)))
    elif mode not in RANKED:
        from codelode.search.patterns import compile_literal, compile_pattern

        check = compile_pattern if mode is Mode.REGEX else compile_literal
        check(pattern, Case(options.case))
