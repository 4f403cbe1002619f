"""``codelode search`` and ``codelode batch``."""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from dataclasses import replace
from time import perf_counter
from typing import Any

from codelode.errors import QueryError, UsageError
from codelode.model import FIRST_PAGE, Case, Mode, SearchResult
from codelode.surfaces import arguments, targets
from codelode.surfaces.answering import note
from codelode.surfaces.formats import WITH_CONTEXT, Format, Layout
from codelode.surfaces.opening import opened
from codelode.surfaces.options import languages, listed
from codelode.surfaces.output import Output, look
from codelode.surfaces.showing import Answer, Wishes, show

FOUND, NOTHING, FAILED = 0, 1, 2
"""Exit statuses, as grep has them."""

DEFAULT_LIMIT = 10


def search(options: argparse.Namespace) -> int:
    """Runs one query, or takes the next page of one, and prints the hits; the exit status."""
    began = perf_counter()
    form = _form(options)
    dress = look(options.color, os.environ)
    query, *paths = options.words or [None]
    target = targets.search_target(paths, options.group, all_indexes=options.all_indexes)
    if query is None or options.cursor not in ("", FIRST_PAGE):
        from codelode.paging import next_page

        result, root = next_page(options.cursor, limit=options.limit, query=query)
        answer = _answer(result, root)
        if target.root != root:
            target = targets.Target(root, ())
        layout = Layout(form, answer.mode, target.shown, dress, options.context)
        return show(answer, layout, Wishes(began, {}, options.budget, options.profile))
    asked = _asked(options, target)
    _check(query, options)
    fresh, opening = not options.no_refresh, perf_counter()
    before = {"load": (opening - began) * 1000}
    flags = {**arguments.flags(options), "cache_mb": 0}  # one question: nobody asks it again
    with opened(target, flags, fresh=fresh, timeout_ms=options.timeout) as place:
        asking = perf_counter()
        if fresh:
            before["refresh"] = (asking - opening) * 1000
        index = place.searches
        asked["timeout_ms"] = place.timeout_ms
        if options.all:
            stream = index.stream(query, **asked)
            before["open"] = (perf_counter() - asking) * 1000 - sum(stream.stats.stages.values())
            first = next(stream, None)  # a damaged index must be found before anything is printed
            hits = stream if first is None else itertools.chain([first], stream)
            answer = Answer(
                query, stream.mode, stream.why, index.root, hits, stream.stats, several=place.told
            )
        else:
            limit = options.limit or DEFAULT_LIMIT
            result = index.search(query, limit=limit, cursor=options.cursor, **asked)
            before["open"] = (perf_counter() - asking) * 1000 - result.stats.elapsed_ms
            answer = replace(_answer(result, index.root), several=place.told)
        layout = Layout(form, answer.mode, target.shown, dress, options.context, options.all)
        status = show(answer, layout, Wishes(began, before, options.budget, options.profile))
        # Of a part of several indexes nobody can say that nothing is there.
        status = FAILED if status == NOTHING and target.roots and answer.stats.partial else status
    place.leave(status)
    return status


def _answer(result: SearchResult, root: str) -> Answer:
    return Answer(result.query, result.mode, result.why, root, result.hits, result.stats, result.page)


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
    if options.all and options.cursor:
        raise UsageError("--all prints every match at once: leave out --cursor")
    if options.all and options.budget is not None:
        raise UsageError("--budget keeps the best hits, --all has no best: leave out one of them")
    return form


def batch(options: argparse.Namespace) -> int:
    """Answers the queries on the standard input, a line each; the exit status."""
    import json

    target = targets.search_target(options.words)
    output = Output()
    found = failed = False
    told: set[str] = set()
    with opened(target, {}, fresh=not options.no_refresh) as place:
        for number, line in enumerate(sys.stdin.buffer, start=1):
            hits: list[dict[str, Any]] = []
            try:
                result = place.searches.search(
                    _decoded(line),
                    mode=options.mode,
                    limit=options.limit or DEFAULT_LIMIT,
                    under=target.under,
                )
                hits = [hit.to_json() for hit in result.hits]
                for failure in place.failed:
                    failed = True
                    if failure["root"] not in told:
                        told.add(failure["root"])
                        note(f"{failure['root']} was left out: {failure['why']}")
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
    if mode in (Mode.SYMBOL, Mode.QUERY):
        from codelode.search.symbolname import kind_codes

        kind_codes(frozenset(listed(options.kind)))
    elif options.kind:
        raise UsageError(
            "--kind is about definitions: use it with --mode symbol or query, or write sym: before the query"
        )
    if mode is Mode.AST:
        from codelode.search.structural import compile_structure

        compile_structure(pattern, frozenset(languages(options.lang)))
    elif mode is Mode.QUERY:
        from codelode.search.vocabulary import parse

        parse(pattern)
    elif mode in (Mode.EXACT, Mode.REGEX):
        from codelode.search.patterns import compile_literal, compile_pattern

        check = compile_pattern if mode is Mode.REGEX else compile_literal
        check(pattern, Case(options.case))
