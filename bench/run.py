"""Measures codelode and its peers: `python -m bench.run [--corpus DIR] [--only NAME,...] [--runs N]`."""

from __future__ import annotations

import argparse
import sys
import traceback
from pathlib import Path
from typing import Any

from bench import compare, corpora, engine, machine, plot, report
from bench.corpora import Corpus
from bench.row import Row

GROUPS = ("engine", "peers")


def main(arguments: list[str] | None = None) -> int:
    """Exit status 1 when a row or a tool failed; a target that is missed does not count as that."""
    options = parse(arguments)
    load = machine.load_average()
    machine.pin_to(options.cores)
    cache = corpora.cache_folder(options.cache)
    corpora.restore_edits(cache)
    linux = corpora.linux(options.corpus, cache)
    print(f"{linux.path}: {linux.files:,} files, {linux.bytes / 1e6:,.0f} MB; cache {cache}", file=sys.stderr)
    corpora.warm(linux)
    settings = {
        "runs": options.runs,
        "quick": options.quick,
        "only": sorted(options.only),
        "cores": options.cores,
    }
    failed = False
    for group, names in (("engine", frozenset(engine.ROWS)), ("peers", compare.names())):
        chosen = select(options.only, group, names)
        if chosen:
            body = _measure(group, chosen, linux, cache, options)
            failed |= _publish(group, {**_corpus(linux), **body}, settings, load, options.out)
    print(plot.draw(report.latest(options.out), options.out / "engine.png"))
    return int(failed)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    known = sorted({*GROUPS, *engine.ROWS, *compare.names()})
    parser = argparse.ArgumentParser(
        prog="python -m bench.run", description=__doc__, epilog=f"names for --only: {', '.join(known)}"
    )
    parser.add_argument("--corpus", metavar="DIR", help="the Linux tree (default: unpack Debian's)")
    parser.add_argument("--only", default="", metavar="NAME,...", help="groups, rows or tools to measure")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="runs of each (default 5)")
    parser.add_argument("--quick", action="store_true", help="one run of each, without the longest ones")
    parser.add_argument("--cores", type=int, default=2, metavar="N", help="cores to run on (default 2)")
    parser.add_argument("--cache", metavar="DIR", help="folder for trees and indexes ($BENCH_CACHE)")
    parser.add_argument("--out", type=Path, default=report.FOLDER, metavar="DIR", help="folder for results")
    options = parser.parse_args(arguments)
    options.only = frozenset(name for name in options.only.split(",") if name)
    unknown = options.only - set(known)
    if unknown:
        parser.error(f"unknown name {', '.join(sorted(unknown))}; known are {', '.join(known)}")
    if options.runs < 1 or options.cores < 1:
        parser.error("--runs and --cores must be at least 1")
    if options.quick:
        options.runs = 1
    return options


def select(only: frozenset[str], group: str, names: frozenset[str]) -> frozenset[str]:
    """Which of a group's `names` to run: all when nothing or the whole group is asked for."""
    return names if not only or group in only else names & only


def _measure(
    group: str, chosen: frozenset[str], linux: Corpus, cache: Path, options: argparse.Namespace
) -> dict[str, Any]:
    print(f"{group}:", file=sys.stderr, flush=True)
    if group == "peers":
        return {"tools": compare.compare(linux, cache, options.runs, chosen, options.quick)}
    subject = engine.Engine(linux, cache, options.runs, options.quick)
    rows = [
        row for name, make in engine.ROWS.items() if name in chosen for row in _isolated(name, make, subject)
    ]
    return report.engine_body(rows)


def _isolated(name: str, make: Any, subject: engine.Engine) -> list[Row]:
    """The rows `make` measures; when it fails, one row that says why."""
    print(f"  {name} ...", file=sys.stderr, flush=True)
    try:
        rows = make(subject)
    except Exception as error:
        traceback.print_exc()
        rows = [Row(name, target=0, error=f"{type(error).__name__}: {error}")]
    for row in rows:
        shown = row.error or f"{report.figure(row.value and row.value.median, row.unit)}"
        print(f"    {row.name}: {shown}", file=sys.stderr, flush=True)
    return rows


def _publish(
    group: str, body: dict[str, Any], settings: dict[str, Any], load: list[float], folder: Path
) -> bool:
    """Saves and prints a group's result; returns whether something in it failed."""
    entry = report.result(group, body, settings, load)
    path = report.save(entry, folder)
    print(report.text(entry), end=f"\n\nsaved: {path}\n\n")
    if group == "engine":
        return any(row["error"] for row in body["rows"])
    return any(tool["status"] != "ok" and not _absent(tool["status"]) for tool in body["tools"])


def _absent(status: str) -> bool:
    return status.startswith(("not installed", "skipped"))


def _corpus(linux: Corpus) -> dict[str, Any]:
    return {"corpus": {"name": linux.path.name, "files": linux.files, "bytes": linux.bytes}}


if __name__ == "__main__":
    raise SystemExit(main())
