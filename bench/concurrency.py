"""Many questions at once in one process: ``python -m bench.concurrency [--corpus DIR] [--index DIR]``.

64 threads ask questions of all kinds in an order of their own, one after the other without a pause, round after round;
with the cache of answers (all of them known after the warm-up) and without.  Then one thread asks what it has asked
before, which is what a repeated question costs.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import random
import re
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from bench import corpora, machine, measure, queries, report, subject
from bench.corpora import Corpus
from bench.measure import MIB, BenchError
from bench.row import Row, row

if TYPE_CHECKING:
    from codelode import Index

RESULT = report.FOLDER / "concurrency.json"
THREADS = 64
ROUNDS = 5
LIMIT = 10
EACH = 12
"""questions of each kind"""
COMPUTED = 21
"""questions that each thread asks in a round without the cache; with it all of them, and in a burst one"""
CACHE_MB = 64
REPEATS = 2_000
GROWTH_MB = 32.0
"""bound on the growth from the end of the first round to that of the last"""


class Question(NamedTuple):
    """What a thread asks."""

    mode: str
    text: str


@dataclass(frozen=True, slots=True)
class Round:
    """What all threads saw in one round."""

    milliseconds: list[float]
    seconds: float
    errors: list[str]
    rss_mb: float


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.concurrency", description=__doc__)
    parser.add_argument("--corpus", metavar="DIR", help="the Linux tree (default: unpack Debian's)")
    parser.add_argument("--index", type=Path, metavar="DIR", help="its index (default: built in the cache)")
    parser.add_argument("--cores", type=int, default=2, metavar="N", help="cores to run on (default 2)")
    parser.add_argument("--threads", type=int, default=THREADS, metavar="N", help="askers (default 64)")
    parser.add_argument("--out", type=Path, default=RESULT, metavar="FILE", help="the JSON file to write")
    options = parser.parse_args(arguments)
    load = machine.load_average()
    machine.pin_to(options.cores)
    cache = corpora.cache_folder()
    linux = corpora.linux(options.corpus, cache)
    folder = options.index or cache / "index-linux"
    corpora.warm(linux)
    subject.index(linux.path, folder)
    rows = measured(linux, folder, questions(linux), options.threads)
    body = {"rows": [each.to_json() for each in rows]}
    entry = report.result("concurrency", body, {"cores": options.cores, "threads": options.threads}, load)
    print(report.text(entry))
    options.out.write_text(json.dumps(entry, indent=1) + "\n", encoding="utf-8")
    print(f"saved: {options.out}", file=sys.stderr)
    return 0


def questions(linux: Corpus) -> list[Question]:
    """`EACH` questions of each kind, drawn from the tree itself."""
    texts = queries.source_texts(linux)
    names = [name for name in queries.identifiers(texts, 16 * EACH) if "_" in name]
    words = queries.word_queries(texts, EACH)
    plain = queries.plain_queries(linux, 2 * EACH)
    pairs = [text.split() for text in queries.word_queries(texts, 4 * EACH, seed=7) if " " in text]
    drawn = {
        "exact": names[:EACH],
        "regex": [rf"\b{re.escape(name)}\w*\(" for name in names[EACH : 2 * EACH]],
        "symbol": names[2 * EACH : 3 * EACH],
        "query": [f"{one} {two} lang:c" for one, two, *_ in pairs][:EACH],
        "words": words,
        "hybrid": plain[:EACH],
        "semantic": plain[EACH:],
    }
    short = {kind: len(texts) for kind, texts in drawn.items() if len(texts) < EACH}
    if short:
        raise BenchError(f"too few questions: {short}")
    return [Question(kind, text) for kind, texts in drawn.items() for text in texts[:EACH]]


def measured(linux: Corpus, folder: Path, asked: list[Question], threads: int) -> list[Row]:
    """One value a round; the rows of the cache, those without it, and the repeated question."""
    rows = []
    with subject.open_index(linux.path, folder, cache_mb=CACHE_MB) as index:
        rounds = run_rounds(lambda question: ask(index, question), asked, threads, len(asked))
        rows += rows_of(rounds, f"{threads} threads, cache on", 100.0)
        rows.append(repeated(index, asked))
        counts = index.metrics().cache.to_json()
    with subject.open_index(linux.path, folder, cache_mb=0) as index:
        for each, named in ((1, "a question each, cache off"), (COMPUTED, "cache off")):
            rounds = run_rounds(lambda question: ask(index, question), asked, threads, each)
            rows += rows_of(rounds, f"{threads} threads, {named}", 100.0)
    rows[0].detail["cache"] = counts
    return rows


def ask(index: Index, question: Question) -> None:
    index.search(question.text, mode=question.mode, limit=LIMIT)


def run_rounds(
    work: Callable[[Question], None],
    asked: Sequence[Question],
    threads: int,
    each: int,
    rounds: int = ROUNDS,
) -> list[Round]:
    """A warm-up, in which one thread asks everything once, then `rounds` rounds of all threads."""
    for question in asked:
        work(question)
    return [one_round(work, asked, threads, each, seed) for seed in range(rounds)]


def one_round(
    work: Callable[[Question], None], asked: Sequence[Question], threads: int, each: int, seed: int
) -> Round:
    """Each of `threads` asks `each` of the questions `asked`, in an order of its own."""
    times: list[list[float]] = [[] for _ in range(threads)]
    errors: list[str] = []
    ready = threading.Barrier(threads + 1)

    def asking(number: int) -> None:
        mine = random.Random(seed * threads + number).sample(asked, each)
        ready.wait()
        for question in mine:
            began = perf_counter()
            try:
                work(question)
            except Exception as exc:
                errors.append(f"{question}: {exc!r}")
            times[number].append((perf_counter() - began) * 1e3)

    workers = [threading.Thread(target=asking, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    ready.wait()
    began = perf_counter()
    for worker in workers:
        worker.join()
    seconds = perf_counter() - began
    gc.collect()
    return Round([time for some in times for time in some], seconds, errors, resident_mb())


def rows_of(rounds: Sequence[Round], what: str, target: float) -> list[Row]:
    """Percentiles, questions a second, errors, and how much memory the later rounds took."""
    taken = [each.milliseconds for each in rounds]
    growth = rounds[-1].rss_mb - rounds[0].rss_mb
    errors = [error for each in rounds for error in each.errors]
    return [
        row(f"{what}: p50", "ms", [measure.percentile(times, 50) for times in taken]),
        row(f"{what}: p95", "ms", [measure.percentile(times, 95) for times in taken], target=target),
        row(
            f"{what}: questions a second",
            "/s",
            [len(each.milliseconds) / each.seconds for each in rounds],
            higher_is_better=True,
        ),
        row(f"{what}: errors", "", [len(errors)], target=0, detail={"errors": errors[:10]}),
        row(
            f"{what}: memory growth after the first round",
            "MB",
            [growth],
            target=GROWTH_MB,
            detail={"rss_mb": [round(each.rss_mb, 1) for each in rounds]},
        ),
    ]


def repeated(index: Index, asked: Sequence[Question]) -> Row:
    """Milliseconds of a question that was asked before, by one thread: the median of each kind."""
    kinds = sorted({question.mode for question in asked})
    medians = {}
    for kind in kinds:
        again = itertools.cycle([question for question in asked if question.mode == kind])
        times = [measure.timed(lambda again=again: ask(index, next(again))) * 1e3 for _ in range(REPEATS)]
        medians[kind] = measure.percentile(times, 50)
    return row("repeated question, median", "ms", list(medians.values()), target=0.2, detail=medians)


def resident_mb() -> float:
    """Resident memory of this process, MiB."""
    from codelode.ingest.report import resident_bytes

    return resident_bytes("self") / MIB


if __name__ == "__main__":
    raise SystemExit(main())
