"""The query language on the whole tree: ``python -m bench.language [--corpus DIR] [--index DIR]``.

Different questions of each kind (`asked.questions`), drawn from the tree, are asked from Python, as a living process
would ask them: mode query, ten hits, no refresh, no cache of answers, an index opened anew for each run.  zoekt answers
the same in its own syntax in turn, in a process that lives too; NEAR and words with typos are not in its language.  Its
words are parts of words, it stops after some matches a shard, and its time is that of a request over the loopback
interface.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from bench import asked, corpora, machine, measure, report, subject, zoekt
from bench.asked import Asked
from bench.corpora import Corpus
from bench.measure import BenchError
from bench.queries import FEW
from bench.row import Row, row

RESULT = report.FOLDER / "language.json"
QUESTIONS = 60
LIMIT = 10
TARGETS = dict(zip(asked.KINDS, (5, 8, 15, 30, 30, 20), strict=True))
"""Milliseconds, of the median"""
TAIL = 100
"""Milliseconds, of the 95th percentile"""
SLOWEST = 5
"""Questions of a kind that are named in the result"""


@dataclass(slots=True)
class Kind:
    """What one kind of questions took."""

    times: list[list[float]] = field(default_factory=list)
    """milliseconds, by run and question"""
    peer: list[list[float]] = field(default_factory=list)
    peer_inside: list[list[float]] = field(default_factory=list)
    stages: list[dict[str, float]] = field(default_factory=list)
    found: list[int] = field(default_factory=list)
    """hits of each question"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.language", description=__doc__)
    parser.add_argument("--corpus", metavar="DIR", help="the Linux tree (default: unpack Debian's)")
    parser.add_argument("--index", type=Path, metavar="DIR", help="its index (default: built in the cache)")
    parser.add_argument("--zoekt", type=Path, metavar="DIR", help="zoekt's (default: built in the cache)")
    parser.add_argument(
        "--questions", type=int, default=QUESTIONS, metavar="N", help=f"of each kind (default {QUESTIONS})"
    )
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="runs of all questions (default 5)")
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
    questions = asked.questions(linux, options.questions)
    try:
        shards = options.zoekt or cache / "zoekt-linux"
        version = zoekt.indexed(linux, shards)
        with zoekt.serving(shards) as server:
            kinds = measured(linux, folder, questions, options.runs, server)
    except BenchError as problem:
        print(f"without zoekt: {problem}", file=sys.stderr)
        version = ""
        kinds = measured(linux, folder, questions, options.runs, None)
    body = {
        "corpus": {"name": linux.path.name, "files": linux.files, "bytes": linux.bytes},
        "zoekt": version,
        "rows": [
            each.to_json() for kind, taken in kinds.items() for each in rows(kind, taken, questions[kind])
        ],
        "questions": {kind: [[each.text, each.zoekt] for each in own] for kind, own in questions.items()},
    }
    settings = {"runs": options.runs, "cores": options.cores, "questions": options.questions}
    entry = report.result("language", body, settings, load)
    print(report.text(entry))
    options.out.write_text(json.dumps(entry, indent=1) + "\n", encoding="utf-8")
    print(f"saved: {options.out}", file=sys.stderr)
    return 0


def measured(
    linux: Corpus,
    folder: Path,
    questions: Mapping[str, Sequence[Asked]],
    runs: int,
    server: zoekt.Server | None,
) -> dict[str, Kind]:
    """All questions, asked `runs` times, zoekt in turn with codelode; a first round of zoekt's warms it up."""
    kinds: dict[str, Kind] = defaultdict(Kind)
    if server:
        _ask_zoekt(server, questions, defaultdict(Kind))
    for _ in range(runs):
        _ask(linux, folder, questions, kinds)
        if server:
            _ask_zoekt(server, questions, kinds)
    return dict(kinds)


def _ask(
    linux: Corpus, folder: Path, questions: Mapping[str, Sequence[Asked]], kinds: dict[str, Kind]
) -> None:
    """One run, on an index opened for it and warmed up with other questions."""
    with subject.open_index(linux.path, folder) as index:
        for query in FEW:
            index.search(f'"{query.pattern}"', mode="query", limit=LIMIT)
        for kind, own in questions.items():
            taken = kinds[kind]
            times, results = [], []
            for each in own:
                began = time.perf_counter()
                results.append(index.search(each.text, mode="query", limit=LIMIT))
                times.append((time.perf_counter() - began) * 1e3)
            taken.times.append(times)
            taken.stages = [result.stats.stages for result in results]
            taken.found = [len(result.hits) for result in results]


def _ask_zoekt(
    server: zoekt.Server, questions: Mapping[str, Sequence[Asked]], kinds: dict[str, Kind]
) -> None:
    for kind, own in questions.items():
        if not all(each.zoekt for each in own):
            continue
        replies = [server.ask(each.zoekt) for each in own]
        kinds[kind].peer.append([reply.milliseconds for reply in replies])
        kinds[kind].peer_inside.append([reply.inside for reply in replies])


def rows(kind: str, taken: Kind, own: Sequence[Asked]) -> list[Row]:
    """The percentiles over the questions, one value a run; where the time went, and the slowest questions."""
    nowhere = taken.found.count(0)
    note = f"{len(own)} questions{f', {nowhere} of them without a match' if nowhere else ''}"
    if not taken.peer:
        note += "; not in zoekt's language" if not all(each.zoekt for each in own) else ""
    medians = [min(run[at] for run in taken.times) for at in range(len(own))]
    slowest = sorted(zip(medians, own, taken.stages, strict=True), key=lambda each: -each[0])[:SLOWEST]
    detail = {
        "stages_ms": _mean_stages(taken.stages),
        "slowest": [
            {"question": question.text, "best_ms": round(best, 2), "stages_ms": _rounded(stages)}
            for best, question, stages in slowest
        ],
    }
    return [
        row(
            f"{kind}, p{percent}",
            "ms",
            [measure.percentile(run, percent) for run in taken.times],
            target=target,
            note=said,
            detail=more,
            **_peer(taken, percent),
        )
        for percent, target, said, more in ((50, TARGETS[kind], note, detail), (95, TAIL, "", {}))
    ]


def _peer(taken: Kind, percent: float) -> dict[str, Any]:
    if not taken.peer:
        return {}
    return {
        "peer": "zoekt",
        "peer_value": measure.percentile([measure.percentile(run, percent) for run in taken.peer], 50),
    }


def _mean_stages(stages: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for own in stages for name in own)
    return _rounded({name: fmean(own.get(name, 0.0) for own in stages) for name in names})


def _rounded(stages: Mapping[str, float]) -> dict[str, float]:
    return {name: round(spent, 2) for name, spent in stages.items()}


if __name__ == "__main__":
    raise SystemExit(main())
