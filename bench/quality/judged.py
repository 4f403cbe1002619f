"""NDCG@10 on judged questions: ``python -m bench.quality.judged --score score.py --corpora DIR``.

`score.py` and the questions beside it are those of the public judged set, which is not part of this project; DIR has a
checkout of each of its repositories.  Nothing is ever learned from them or chosen by them: this only measures.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from bench import machine, measure, report, subject

RESULT = report.FOLDER / "judged.json"
LIMIT = 10
BY_HAND = "hybrid, weights by hand"
SYSTEMS = ("words", "semantic", "hybrid", BY_HAND)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.quality.judged", description=__doc__)
    parser.add_argument(
        "--score", type=Path, required=True, metavar="FILE", help="score.py of the judged set"
    )
    parser.add_argument(
        "--corpora", type=Path, required=True, metavar="DIR", help="checkouts of its repositories"
    )
    parser.add_argument("--only", nargs="+", choices=SYSTEMS, default=SYSTEMS, help="systems to measure")
    parser.add_argument("--out", type=Path, default=RESULT, metavar="FILE", help="the JSON file to write")
    options = parser.parse_args(arguments)
    load = machine.load_average()
    published = json.loads((options.score.parent / "published_semble.json").read_text(encoding="utf-8"))
    rows = {"semble (published)": of_published(published)}
    for system in options.only:
        rows[system] = summary(measured(system, options.score, options.corpora))
        print(line(system, rows[system]), flush=True)
    print(line("semble (published)", rows["semble (published)"]))
    entry = report.result("judged", {"systems": rows}, {"limit": LIMIT}, load)
    options.out.write_text(json.dumps(entry, indent=1) + "\n", encoding="utf-8")
    print(f"saved: {options.out}", file=sys.stderr)
    return 0


def command(system: str) -> list[str]:
    """What score.py runs in place of a search: questions on standard input, lists of hits on standard output."""
    if system == BY_HAND:
        return [sys.executable, "-m", "bench.quality.by_hand", "{root}", str(LIMIT)]
    return subject.command("batch", "{root}", "--mode", system, "-n", str(LIMIT))


def measured(system: str, score: Path, corpora: Path) -> dict[str, Any]:
    """score.py's report: by repository its NDCG@10, its seconds and its questions."""
    with (
        tempfile.TemporaryDirectory() as folder
    ):  # indexes too: those of another model have no vectors of this one
        out = Path(folder) / "report.json"
        asked = [
            sys.executable,
            str(score),
            "--corpora",
            str(corpora),
            "--search",
            shlex.join(command(system)),
        ]
        measure.run(
            [*asked, "--out", str(out)], env={"PYTHONPATH": str(machine.ROOT), "XDG_CACHE_HOME": folder}
        )
        found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return found


def summary(found: dict[str, Any]) -> dict[str, Any]:
    """The mean over repositories, the means of each category over questions, and each repository's figure."""
    categories: dict[str, list[float]] = defaultdict(list)
    for repository in found.values():
        for question in repository["queries"]:
            categories[question["category"]].append(question["ndcg10"])
    return {
        "ndcg10": mean(repository["ndcg10"] for repository in found.values()),
        "categories": {name: mean(values) for name, values in sorted(categories.items())},
        "questions": sum(map(len, categories.values())),
        "repositories": {name: repository["ndcg10"] for name, repository in found.items()},
    }


def of_published(published: dict[str, Any]) -> dict[str, Any]:
    """The same of semble's own published figures; its categories are means over repositories."""
    categories: dict[str, list[float]] = defaultdict(list)
    for repository in published["repos"].values():
        for name, value in repository["by_category"].items():
            categories[name].append(value)
    return {
        "ndcg10": published["mean_ndcg10"],
        "categories": {name: mean(values) for name, values in sorted(categories.items())},
        "repositories": {name: repository["ndcg10"] for name, repository in published["repos"].items()},
    }


def line(system: str, row: dict[str, Any]) -> str:
    """One line of the table."""
    parts: Sequence[str] = [f"{name} {value:.3f}" for name, value in row["categories"].items()]
    return f"{system:24s} {row['ndcg10']:.4f}   {'   '.join(parts)}"


if __name__ == "__main__":
    raise SystemExit(main())
