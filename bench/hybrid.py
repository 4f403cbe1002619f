"""Plain-language queries on the whole tree: ``python -m bench.hybrid [--corpus DIR] [--index DIR]``.

200 different questions (`queries.plain_queries`) are asked from Python, as a living process would ask them: ranked by
words, by meaning, and by both.  Each run opens the index anew, because answers may be cached.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import corpora, machine, measure, queries, report, subject
from bench.corpora import Corpus
from bench.measure import BenchError
from bench.queries import FEW
from bench.row import Row, row

if TYPE_CHECKING:
    from codelode import Index

RESULT = report.FOLDER / "hybrid.json"
QUERIES = 200
LIMIT = 10
MODES = ("words", "semantic", "hybrid")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.hybrid", description=__doc__)
    parser.add_argument("--corpus", metavar="DIR", help="the Linux tree (default: unpack Debian's)")
    parser.add_argument("--index", type=Path, metavar="DIR", help="its index (default: built in the cache)")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="runs of all queries (default 5)")
    parser.add_argument("--cores", type=int, default=2, metavar="N", help="cores to run on (default 2)")
    parser.add_argument("--out", type=Path, default=RESULT, metavar="FILE", help="the JSON file to write")
    options = parser.parse_args(arguments)
    load = machine.load_average()
    machine.pin_to(options.cores)
    cache = corpora.cache_folder()
    linux = corpora.linux(options.corpus, cache)
    folder = options.index or cache / "index-linux"
    corpora.warm(linux)
    subject.index(linux.path, folder)
    asked = queries.plain_queries(linux, QUERIES)
    if len(asked) < QUERIES:
        raise BenchError(f"only {len(asked)} different questions drawn")
    rows = measured(linux, folder, asked, options.runs)
    body = {
        "corpus": {"name": linux.path.name, "files": linux.files, "bytes": linux.bytes},
        "index": described(linux, folder),
        "rows": [each.to_json() for each in rows],
    }
    entry = report.result("hybrid", body, {"runs": options.runs, "cores": options.cores}, load)
    print(report.text(entry))
    options.out.write_text(json.dumps(entry, indent=1) + "\n", encoding="utf-8")
    print(f"saved: {options.out}", file=sys.stderr)
    return 0


def measured(linux: Corpus, folder: Path, asked: list[str], runs: int) -> list[Row]:
    """Percentiles over the questions, one value a run."""
    times: dict[str, list[list[float]]] = {mode: [] for mode in MODES}
    for _ in range(runs):
        for mode in MODES:
            times[mode].append(one_run(linux, folder, asked, mode))
    p50 = {mode: [measure.percentile(run, 50) for run in runs] for mode, runs in times.items()}
    p95 = {mode: [measure.percentile(run, 95) for run in runs] for mode, runs in times.items()}
    what = f"of {len(asked)} plain-language queries (from Python)"
    return [
        row(f"hybrid, p50 {what}", "ms", p50["hybrid"], target=15, goal=10),
        row(f"hybrid, p95 {what}", "ms", p95["hybrid"], target=40, goal=30),
        row(f"semantic alone, p50 {what}", "ms", p50["semantic"], target=12),
        row(f"semantic alone, p95 {what}", "ms", p95["semantic"]),
        row(f"words alone, p50 {what}", "ms", p50["words"]),
        row(f"words alone, p95 {what}", "ms", p95["words"]),
    ]


def one_run(linux: Corpus, folder: Path, asked: list[str], mode: str) -> list[float]:
    """Milliseconds of each question, on an index opened for this run and warmed up with other queries."""
    with subject.open_index(linux.path, folder) as index:
        for query in FEW:
            index.search(query.pattern, mode=mode, limit=LIMIT)
        return [_milliseconds(index, question, mode) for question in asked]


def _milliseconds(index: Index, question: str, mode: str) -> float:
    return measure.timed(lambda: index.search(question, mode=mode, limit=LIMIT)) * 1e3


def described(linux: Corpus, folder: Path) -> dict[str, Any]:
    """What the index says of itself, and its size."""
    done = measure.run(
        subject.command("status", str(linux.path), "--json"), env=subject.environment(folder), keep=True
    )
    return {"status": json.loads(done.out), "bytes": corpora.folder_bytes(folder)}


if __name__ == "__main__":
    raise SystemExit(main())
