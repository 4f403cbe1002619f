"""The first answer in a repository never seen before, beside semble: ``python -m bench.cold [--tree DIR]``.

From nothing to the answer of one plain-language query, a process each, in turn: `codelode search QUESTION TREE` and
`semble search QUESTION TREE` (https://github.com/MinishLab/semble, $BENCH_PEERS or PATH).  semble's model is downloaded
by its first use; here a stand-in of the same shape is on disk already (`bench.standin`).
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
from pathlib import Path
from typing import Any

from bench import corpora, machine, measure, peers, queries, report, standin, subject
from bench.corpora import Corpus
from bench.measure import BenchError
from bench.row import row

RESULT = report.FOLDER / "cold.json"
QUESTION = "where is the space for a new inode allocated"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.cold", description=__doc__)
    parser.add_argument("--corpus", metavar="DIR", help="the Linux tree (default: unpack Debian's)")
    parser.add_argument(
        "--tree",
        action="append",
        type=Path,
        metavar="DIR",
        help="a repository; repeatable (default: 400 files of Linux)",
    )
    parser.add_argument("--runs", type=int, default=9, metavar="N", help="pairs of runs (default 9)")
    parser.add_argument("--cores", type=int, default=2, metavar="N", help="cores to run on (default 2)")
    parser.add_argument("--out", type=Path, default=RESULT, metavar="FILE", help="the JSON file to write")
    options = parser.parse_args(arguments)
    load = machine.load_average()
    machine.pin_to(options.cores)
    program = peers.find("semble")
    if not program:
        raise BenchError("semble is not installed: neither on PATH nor in $BENCH_PEERS")
    cache = corpora.cache_folder()
    linux = corpora.linux(options.corpus, cache)
    trees = [corpora.counted(folder.name, folder.resolve()) for folder in options.tree or ()]
    model = standin.make(cache / "standin-model", queries.source_texts(linux))
    contests = [
        Contest(tree, program, model, cache / "cold") for tree in trees or [corpora.sample(linux, cache)]
    ]
    body = {
        "semble": peers.first_line([program, "--version"]),
        "question": QUESTION,
        "corpora": [
            {"name": each.tree.name, "files": each.tree.files, "bytes": each.tree.bytes} for each in contests
        ],
        "rows": [line for each in contests for line in each.rows(options.runs)],
    }
    shutil.rmtree(cache / "cold", ignore_errors=True)
    entry = report.result("cold", body, {"runs": options.runs, "cores": options.cores}, load)
    print(report.text(entry))
    options.out.write_text(json.dumps(entry, indent=1) + "\n", encoding="utf-8")
    print(f"saved: {options.out}", file=sys.stderr)
    return 0


class Contest:
    """Both tools on one tree, with all that they keep in folders under `scratch`."""

    def __init__(self, tree: Corpus, program: str, model: Path, scratch: Path) -> None:
        self.tree = tree
        self.index_dir = scratch / "codelode"
        self.home = scratch / "semble"
        self._ours = subject.command("search", "--json", "--", QUESTION, str(tree.path))
        self._theirs = [program, "search", QUESTION, str(tree.path)]
        self._their_environment = {
            "SEMBLE_MODEL_NAME": str(model),
            "HF_HUB_OFFLINE": "1",
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.home),
        }

    def rows(self, runs: int) -> list[dict[str, Any]]:
        corpora.warm(self.tree)
        first = measure.interleave({"codelode": self.codelode_cold, "semble": self.semble_cold}, runs)
        again = measure.interleave({"codelode": self.codelode, "semble": self.semble}, runs)
        note = f"{self.tree.files} files, {self.tree.bytes / 1e6:.1f} MB"
        return [
            *_rows(f"{self.tree.name}: from nothing to the first answer (process)", first, note),
            *_rows(f"{self.tree.name}: the same question again (process)", again, note),
        ]

    def codelode_cold(self) -> float:
        shutil.rmtree(self.index_dir, ignore_errors=True)
        return self.codelode()

    def semble_cold(self) -> float:
        shutil.rmtree(self.home, ignore_errors=True)
        return self.semble()

    def codelode(self) -> float:
        done = measure.run(self._ours, env=subject.environment(self.index_dir), keep=True)
        if not json.loads(done.out)["hits"]:
            raise BenchError("codelode found nothing")
        return done.wall_s

    def semble(self) -> float:
        self.home.mkdir(parents=True, exist_ok=True)
        done = measure.run(self._theirs, env=self._their_environment, keep=True)
        if not json.loads(done.out).get("results"):
            raise BenchError("semble found nothing")
        return done.wall_s


def _rows(name: str, times: dict[str, list[float]], note: str) -> list[dict[str, Any]]:
    """Our seconds beside theirs, and the ratio of each pair of runs."""
    ours, theirs = times["codelode"], times["semble"]
    peer = {"peer": "semble", "peer_value": statistics.median(theirs)}
    ratios = [slow / quick for slow, quick in zip(theirs, ours, strict=True)]
    detail = {"semble_s": theirs, "codelode_s": ours}
    return [
        row(name, "s", ours, beat_peer=True, note=note, detail=detail, **peer).to_json(),
        row(f"{name}: semble / codelode", "x", ratios).to_json(),
    ]


if __name__ == "__main__":
    raise SystemExit(main())
