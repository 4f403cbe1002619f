"""Twenty indexes as one, against one index of the same files: ``python -m bench.many [--corpus DIR]``.

The Linux tree is cut, in path order, into twenty folders of about 4,000 files each; each has an index, and so has the
folder that they lie in.  Both are asked the same questions by one process, in turns, without the cache of answers.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import concurrency, corpora, machine, measure, report, subject
from bench.concurrency import Question
from bench.corpora import Corpus
from bench.measure import BenchError
from bench.row import Row, row
from codelode import Index, Indexes
from codelode.model import Hit

RESULT = report.FOLDER / "many.json"
INDEXES = 20
EACH = 6
"""questions of each kind"""
ROUNDS = 5
TOP = 10
COLD_RUNS = 5


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of one question."""

    question: Question
    many_ms: float
    """the median of the rounds"""
    one_ms: float
    same: int
    """places of the first ten that have the same hit"""
    places: int
    """the hits that one index gives, at most ten"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.many", description=__doc__)
    parser.add_argument("--corpus", metavar="DIR", help="the Linux tree (default: unpack Debian's)")
    parser.add_argument("--cores", type=int, default=2, metavar="N", help="cores to run on (default 2)")
    parser.add_argument("--out", type=Path, default=RESULT, metavar="FILE", help="the JSON file to write")
    options = parser.parse_args(arguments)
    load = machine.load_average()
    machine.pin_to(options.cores)
    cache = corpora.cache_folder()
    linux = corpora.linux(options.corpus, cache)
    tree = slices(linux, cache / "many")
    os.environ |= {
        **subject.OBEY_IGNORE_FILES,
        "CODELODE_CACHE_MB": "0",
        "XDG_CACHE_HOME": str(cache / "many-indexes"),
    }
    roots = sorted(path for path in tree.iterdir() if path.is_dir())
    with Indexes(roots) as many, Index(tree) as one:
        many.refresh()
        one.refresh()
        found = [compare(many, one, question) for question in asked(linux)]
    rows = [*rows_of(found), *cold(tree, roots, found[0].question)]
    detail = [
        {
            "mode": each.question.mode,
            "query": each.question.text,
            "many_ms": round(each.many_ms, 3),
            "one_ms": round(each.one_ms, 3),
            "same": each.same,
            "places": each.places,
        }
        for each in found
    ]
    body = {"rows": [each.to_json() for each in rows], "questions": detail}
    settings = {"cores": options.cores, "indexes": len(roots), "rounds": ROUNDS}
    entry = report.result("many", body, settings, load)
    print(report.text(entry))
    options.out.write_text(json.dumps(entry, indent=1) + "\n", encoding="utf-8")
    print(f"saved: {options.out}", file=sys.stderr)
    return 0


def slices(linux: Corpus, folder: Path) -> Path:
    """The tree in `INDEXES` folders below `folder`, files at the paths that they had; made once."""
    done = folder.with_suffix(".complete")
    recipe = f"{INDEXES} of {linux.files} files, {linux.bytes} bytes"
    if not done.exists() or done.read_text() != recipe:
        shutil.rmtree(folder, ignore_errors=True)
        for number, entry in enumerate(corpora.walk(linux.path)):
            part = f"part{number * INDEXES // linux.files:02}"
            copy = folder / part / Path(entry.path).relative_to(linux.path)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(entry.path, copy)
        done.write_text(recipe)
    return folder


def asked(linux: Corpus) -> list[Question]:
    """`EACH` questions of each kind."""
    every = concurrency.questions(linux)
    kinds = dict.fromkeys(question.mode for question in every)
    return [question for kind in kinds for question in [one for one in every if one.mode == kind][:EACH]]


def compare(many: Indexes, one: Index, question: Question) -> Compared:
    """Ask both, `ROUNDS` times in turns after a first time that is not counted."""

    def ask(index: Index | Indexes, limit: int = TOP) -> tuple[Hit, ...]:
        return index.search(question.text, mode=question.mode, limit=limit).hits

    hits, others = ask(many), ask(one)
    many_ms, one_ms = [], []
    for _ in range(ROUNDS):
        many_ms.append(timed_ms(lambda: ask(many)))
        one_ms.append(timed_ms(lambda: ask(one)))
    folded = any(hit.copies for hit in hits)
    # Several indexes show a text once, one index every time: its hits are folded likewise before they are compared.
    reference = fold(hits, ask(one, 4 * TOP)) if folded else list(others)
    pairs = zip(hits, reference[:TOP], strict=False)
    same = sum(hit[:3] == other[:3] for hit, other in pairs)
    return Compared(
        question,
        measure.percentile(many_ms, 50),
        measure.percentile(one_ms, 50),
        same,
        min(len(reference), TOP),
    )


def fold(hits: Sequence[Hit], others: Sequence[Hit]) -> list[Hit]:
    """`others` without those that are copies in `hits`."""
    copies = {(path, hit.start_line, hit.end_line) for hit in hits for path in hit.copies}
    return [hit for hit in others if hit[:3] not in copies]


def timed_ms(call: Callable[[], object]) -> float:
    """Milliseconds that `call` takes."""
    return measure.timed(call) * 1e3


def rows_of(found: Sequence[Compared]) -> list[Row]:
    """Times, their ratio, and whether the answers are the same; by meaning apart, whose vectors know other paths."""
    if not found:
        raise BenchError("no questions")
    ratios = [each.many_ms / each.one_ms for each in found]
    by_meaning = [each for each in found if each.question.mode in ("hybrid", "semantic")]
    others = [each for each in found if each not in by_meaning]
    rows = [
        row("20 indexes: all questions", "ms", [sum(each.many_ms for each in found)]),
        row("one index: all questions", "ms", [sum(each.one_ms for each in found)]),
        row("20 indexes / one: time of a question", "times", ratios, target=2.0),
        row(
            "20 indexes / one: time of all questions",
            "times",
            [sum(each.many_ms for each in found) / sum(each.one_ms for each in found)],
            target=2.0,
        ),
    ]
    for kind in dict.fromkeys(each.question.mode for each in found):
        own = [each.many_ms / each.one_ms for each in found if each.question.mode == kind]
        rows.append(row(f"20 indexes / one: {kind}", "times", own, target=2.0))
    for what, part in (("not by meaning", others), ("by meaning", by_meaning)):
        different = [each for each in part if each.same < each.places]
        rows.append(
            row(
                f"another top 10, questions {what}",
                f"of {len(part)}",
                [len(different)],
                target=0,
                detail={"questions": [each.question.text for each in different]},
            )
        )
    same, places = sum(each.same for each in found), sum(each.places for each in found)
    rows.append(
        row("places of the top 10 with the same hit", "%", [100 * same / places], higher_is_better=True)
    )
    return rows


def cold(tree: Path, roots: Sequence[Path], question: Question) -> list[Row]:
    """Milliseconds of a new process that opens all indexes, and of one that opens the one."""
    rows = []
    for name, places in (("20 indexes", list(map(str, roots))), ("one index", [str(tree)])):
        words = ["search", "--mode", question.mode, "--no-refresh", "--", question.text, *places]
        runs = [measure.run(subject.command(*words)).wall_s * 1e3 for _ in range(COLD_RUNS)]
        rows.append(row(f"{name}: a new process", "ms", runs))
    return rows


if __name__ == "__main__":
    raise SystemExit(main())
