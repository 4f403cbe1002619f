"""Commit localisation: ``python -m bench.quality.commits --mirrors DIR [--work DIR]``.

Five large repositories (commits.json) are indexed as they were some hundred commits ago; the subjects of the later
commits are asked, and what those changed has to be found.  None of the repositories trained the model or the ranker.
Compared are mode hybrid, mode words, and plain BM25 over whole files.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

import tantivy
from bench import machine, report
from tools.rank.mine import check_out, commits
from tools.train.repositories import blobs

from codelode import Index
from codelode.settings import Settings
from codelode.text.tokens import split_identifiers, words

LIST = Path(__file__).with_name("commits.json")
RESULT = report.FOLDER / "commits.json"
QUESTIONS = 150
LIMIT = 10
MODES = ("hybrid", "words")
BASELINE = "BM25 over files"

Search = Callable[[str], list[str]]


class Question(NamedTuple):
    """A commit's subject, and the files that it modified."""

    said: str
    paths: tuple[str, ...]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.quality.commits", description=__doc__)
    parser.add_argument(
        "--mirrors", type=Path, required=True, metavar="DIR", help="bare repositories, <owner>+<name>/repo"
    )
    parser.add_argument("--work", type=Path, metavar="DIR", help="checkouts and indexes (default: temporary)")
    parser.add_argument(
        "--questions", type=int, default=QUESTIONS, metavar="N", help="of each repository (default 150)"
    )
    parser.add_argument("--out", type=Path, default=RESULT, metavar="FILE", help="the JSON file to write")
    options = parser.parse_args(arguments)
    load = machine.load_average()
    with tempfile.TemporaryDirectory() as folder:
        work = options.work or Path(folder)
        rows = [
            row
            for entry in json.loads(LIST.read_text(encoding="utf-8"))
            for row in of_repository(entry, options.mirrors, work, options.questions)
        ]
    rows += overall(rows)
    for row in rows[-len(MODES) - 1 :]:
        print(line(row))
    entry = report.result("commits", {"rows": rows}, {"limit": LIMIT, "questions": options.questions}, load)
    options.out.write_text(json.dumps(entry, indent=1) + "\n", encoding="utf-8")
    print(f"saved: {options.out}", file=sys.stderr)
    return 0


def of_repository(entry: dict[str, str], mirrors: Path, work: Path, count: int) -> Iterator[dict[str, Any]]:
    """One row a system."""
    folder = entry["name"].replace("/", "+")
    mirror = mirrors / folder / "repo"
    tree = work / folder
    check_out(mirror, entry["revision"], tree, {})
    asked = questions(entry, mirror, count)
    with Index(tree, Settings(), index_dir=str(work / f"{folder}.index")) as index:
        index.refresh()
        systems: dict[str, Search] = {mode: by_mode(index, mode) for mode in MODES}
        systems[BASELINE] = by_files(tree, blobs(mirror, entry["revision"]))
        for system, search in systems.items():
            row = {"repository": entry["name"], "system": system, **scored(asked, search)}
            print(line(row), flush=True)
            yield row


def questions(entry: dict[str, str], mirror: Path, count: int) -> list[Question]:
    """Those of `count` later commits, drawn at random, whose files were there already."""
    there = blobs(mirror, entry["revision"])
    told = {
        commit.said: commit.paths
        for commit in commits(mirror, f"{entry['revision']}..{entry['newest']}", 100_000)
        if all(path in there for path in commit.paths)
    }
    chosen = random.Random(entry["name"]).sample(sorted(told), min(count, len(told)))
    return [Question(said, told[said]) for said in chosen]


def by_mode(index: Index, mode: str) -> Search:
    def search(question: str) -> list[str]:
        hits = index.search(question, mode=mode, limit=LIMIT).hits
        return list(dict.fromkeys(hit.path for hit in hits))

    return search


def by_files(tree: Path, paths: Sequence[str] | dict[str, bytes]) -> Search:
    """BM25 as Tantivy has it, over whole files with their paths, split into words as codelode splits them."""
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("path", stored=True, tokenizer_name="raw")
    schema.add_text_field("body")
    index = tantivy.Index(schema.build())
    writer = index.writer(num_threads=1)
    for path in paths:
        file = tree / path
        data = file.read_bytes() if file.is_file() else b"\0"
        if b"\0" not in data:
            body = split_identifiers(path.encode() + b"\n" + data).decode("utf-8", "replace")
            writer.add_document(tantivy.Document(path=path, body=body))
    writer.commit()
    index.reload()
    searcher = index.searcher()

    def search(question: str) -> list[str]:
        query = index.parse_query(" ".join(words(question)), ["body"])
        return [searcher.doc(place)["path"][0] for _, place in searcher.search(query, LIMIT).hits]

    return search


def scored(asked: Sequence[Question], search: Search) -> dict[str, Any]:
    """recall@10: the share of a commit's files among the first ten; MRR: the inverse rank of the first of them."""
    recalls, inverse = [], []
    for question in asked:
        found = search(question.said)
        ranks = [found.index(path) + 1 for path in question.paths if path in found]
        recalls.append(len(ranks) / len(question.paths))
        inverse.append(1 / min(ranks) if ranks else 0.0)
    return {"questions": len(asked), "recall10": mean(recalls), "mrr": mean(inverse)}


def overall(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each system its means over the repositories."""
    found = []
    for system in dict.fromkeys(row["system"] for row in rows):
        own = [row for row in rows if row["system"] == system]
        found.append(
            {
                "repository": "all",
                "system": system,
                "questions": sum(row["questions"] for row in own),
                "recall10": mean(row["recall10"] for row in own),
                "mrr": mean(row["mrr"] for row in own),
            }
        )
    return found


def line(row: dict[str, Any]) -> str:
    """One line of the table."""
    return (
        f"{row['repository']:24s} {row['system']:16s} recall@10 {row['recall10']:.3f}   MRR {row['mrr']:.3f}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
