"""How much ranked answers depend on how files are spread over segments: ``python -m bench.spread FOLDER``.

The same files once as one segment and once as seven that differ in content, random queries of one to four
neighbouring words; how many of them have the same ten best chunks with the same scores, in the same order.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import sys
import tempfile
from pathlib import Path

from bench.machine import commit, describe
from codelode import Index
from codelode.ingest import refresh
from codelode.settings import Settings

PARTS = 7
QUERIES = 300


def build(source: Path, work: Path) -> tuple[Index, Index, list[str]]:
    """The folder in seven segments and in one, and words of its files."""
    names = sorted(path.relative_to(source) for path in source.rglob("*") if path.is_file())
    random.Random(5).shuffle(names)
    tree = work / "tree"
    spread = Index(tree, Settings(), index_dir=str(work / "spread"))
    refresh.QUICK_MERGE_BYTES = 0  # or the merge policy would make one segment of the seven
    for part in range(PARTS):
        for name in names[part::PARTS]:
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, tree / name)
        spread.refresh(thorough=False)
    whole = Index(tree, Settings(), index_dir=str(work / "whole"))
    whole.refresh()
    text = " ".join((tree / name).read_text(errors="replace") for name in names[:80])
    return spread, whole, re.findall(r"[a-z]{4,}", text)


def answers(index: Index, query: str) -> list[tuple[str, int, float]]:
    return [(hit.path, hit.start_line, round(hit.score, 6)) for hit in index.search(query, mode="words").hits]


def main(source: Path) -> int:
    with tempfile.TemporaryDirectory() as work:
        spread, whole, words = build(source, Path(work))
        rng = random.Random(1)
        same = same_first = 0
        for _ in range(QUERIES):
            at = rng.randrange(len(words) - 4)
            query = " ".join(words[at : at + rng.randint(1, 4)])
            one, other = answers(spread, query), answers(whole, query)
            same += one == other
            same_first += one[:3] == other[:3]
        row = {
            "machine": describe(),
            "commit": commit(),
            "segments": [spread.status().segments, whole.status().segments],
            "queries": QUERIES,
            "same_ten": same,
            "same_first_three": same_first,
        }
    print(json.dumps({name: row[name] for name in row if name not in ("machine", "commit")}))
    target = Path(__file__).parent / "results" / "spread.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(row, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
