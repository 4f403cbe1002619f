"""``codelode search`` and ``codelode batch``."""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from codelode import config
from codelode.errors import QueryError, UsageError
from codelode.model import RANKED, Case, Hit, Mode, SearchResult, SearchStats
from codelode.surfaces import arguments, budget, render, targets
from codelode.surfaces.options import languages, listed
from codelode.surfaces.output import Look, Output, look
from codelode.surfaces.refreshing import refresh

if TYPE_CHECKING:
    from codelode.app import Index

FOUND, NOTHING, FAILED = 0, 1, 2
"""Exit statuses, as grep has them."""

DEFAULT_LIMIT = 10


def search(options: argparse.Namespace) -> int:
    """Runs one query and prints its hits; the exit status."""
    if options.all and options.limit is not None:
        raise UsageError("--all prints every match: leave out -n")
    if options.all and options.budget is not None:
        raise UsageError("--budget keeps the best hits, --all has no best: leave out one of them")
    query, *paths = options.words
    from codelode.app import Index

    target = targets.target(paths)
    dress = look(options.color, os.environ)
    output = Output(eager=dress.terminal)
    asked = _asked(options, target)
    _check(query, options)
    with Index(target.root, config.load(target.root, arguments.flags(options), os.environ)) as index:
        if not options.no_refresh:
            refresh(index, thorough=False)
        if options.all:
            return _all(index, query, asked, target, output, dress, options)
        result = index.search(query, limit=options.limit or DEFAULT_LIMIT, **asked)
        return _ranked(result, target, output, dress, options)


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


def _ranked(
    result: SearchResult, target: targets.Target, output: Output, dress: Look, options: argparse.Namespace
) -> int:
    """Prints the best hits."""
    hits, note = result.hits, None
    if options.json:
        output.write(_object(result, target, options.budget) + "\n")
        output.flush()
        return FOUND if hits else NOTHING
    if options.budget is not None:
        plain = Look()  # colours cost no tokens: nobody reads them
        fitted = budget.fit(
            hits,
            options.budget,
            lambda hit: sum(map(len, _lines([hit], result.mode, target, plain, options))) + len("--\n"),
        )
        hits = fitted.hits
        if fitted.dropped:
            note = (
                f"{fitted.dropped} more {'hit does' if fitted.dropped == 1 else 'hits do'} not fit the budget"
            )
    output.lines(_lines(hits, result.mode, target, dress, options))
    output.flush()
    if note:
        print(f"codelode: {note}", file=sys.stderr)
    _closing(result.mode, result.why, len(hits), result.stats, dress)
    return FOUND if hits else NOTHING


def _all(
    index: Index,
    query: str,
    asked: dict[str, Any],
    target: targets.Target,
    output: Output,
    dress: Look,
    options: argparse.Namespace,
) -> int:
    """Prints every match as it is found."""
    count = 0

    def counted(stream: Iterator[Hit]) -> Iterator[Hit]:
        nonlocal count
        for count, hit in enumerate(stream, start=1):  # noqa: B007
            yield hit

    stream = index.stream(query, **asked)
    first = next(stream, None)  # a damaged index must be found before anything is printed
    hits = counted(stream if first is None else itertools.chain([first], stream))
    if options.json:
        head = {"query": query, "mode": stream.mode.value, "why": stream.why, "root": target.root}
        _stream_object(head, hits, stream.stats, output)
    else:
        output.lines(_lines(hits, stream.mode, target, dress, options))
        output.flush()
        _closing(stream.mode, stream.why, count, stream.stats, dress)
    return FOUND if count else NOTHING


def _lines(
    hits: Iterable[Hit], mode: Mode, target: targets.Target, dress: Look, options: argparse.Namespace
) -> Iterator[str]:
    if mode in RANKED or (mode is Mode.AST and not options.all):
        return render.ranked(hits, target.shown, dress, options.context)
    return render.grep(hits, target.shown, dress, options.context or 0)


def _object(result: SearchResult, target: targets.Target, tokens: int | None) -> str:
    """The one JSON object of a ranked search; with a budget it says what was left out."""
    import json

    def envelope(hits: Iterable[Hit], **more: Any) -> str:
        answer = result.to_json() | {"hits": [hit.to_json() for hit in hits]}
        head = {name: answer.pop(name) for name in ("query", "mode", "why")}
        return json.dumps({**head, "root": target.root, **answer, **more})

    if tokens is None:
        return envelope(result.hits)
    most = {"tokens": tokens, "narrowed": len(result.hits), "dropped": len(result.hits), "cut": False}
    fitted = budget.fit(
        result.hits,
        tokens,
        lambda hit: len(json.dumps(hit.to_json())) + len(", "),
        len(envelope((), budget=most)) + len("\n"),
    )
    spent = {"tokens": tokens, "narrowed": fitted.narrowed, "dropped": fitted.dropped, "cut": fitted.cut}
    return envelope(fitted.hits, budget=spent)


def _stream_object(head: dict[str, str], hits: Iterator[Hit], stats: SearchStats, output: Output) -> None:
    """The same object, written while hits come in."""
    import json

    output.write(json.dumps(head)[:-1] + ', "hits": [')
    for number, hit in enumerate(hits):
        output.write((",\n" if number else "\n") + json.dumps(hit.to_json()))
    output.write('\n], "stats": ' + json.dumps(stats.to_json()) + "}\n")
    output.flush()


def _closing(mode: Mode, why: str, hits: int, stats: SearchStats, dress: Look) -> None:
    """What follows the hits on the standard error."""
    for note in stats.notes:
        print(f"codelode: {note}", file=sys.stderr)
    if stats.explain is not None:
        sys.stderr.writelines(render.explanation(stats))
    if dress.terminal and sys.stderr.isatty():
        line = render.closing(mode.value, why, hits, stats)
        print(dress.paint(render.DIM, line), file=sys.stderr)
    elif stats.partial:
        print("codelode: this answer is incomplete", file=sys.stderr)
