"""Measure the signals of every candidate of every mined question, as the product measures them.

    python -m tools.rank.signals --mined DIR --out DIR
    python -m tools.rank.signals --judged bench/quality/dev --corpora DIR --indexes DIR --out DIR

The second form asks our own judged questions.  One file a repository (``.npz``, see `Asked`); indexes are kept, and
brought up to date.  Remove those that were built with another model: they have no vectors of this one.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from codelode import Index
from codelode.embed.choose import choose
from codelode.model import SearchOptions, SearchStats, display_path
from codelode.search import hybrid
from codelode.search.features import NAMES
from codelode.search.meaning import Meaning
from codelode.search.snapshot import Snapshot, VectorChoice
from codelode.search.source import Sources
from codelode.settings import Settings
from codelode.store.catalog import Catalog
from codelode.store.files import CATALOG

HERE = Path(__file__).resolve().parent
TYPES = (
    "commit", "symbol", "spoken", "doc", "judged semantic", "judged architecture", "judged symbol", "member", "shared",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """The questions of one repository."""

    names: list[str]
    """of the signals"""
    matrix: npt.NDArray[np.float32]
    """(candidates of all questions, signals)"""
    starts: npt.NDArray[np.int64]
    """(questions + 1,): first candidate of each"""
    right: npt.NDArray[np.bool_]
    """(candidates,): whether it is an answer"""
    types: npt.NDArray[np.uint8]
    """(questions,): index into TYPES"""
    answers: npt.NDArray[np.int64]
    """(questions,): how many answers there are, those that are no candidates included"""
    is_name: npt.NDArray[np.bool_]
    """(questions,): which of the two weights the product would take"""
    texts: list[str]
    """of the questions"""
    paths: list[str]
    """of the candidates"""


def measure(root: Path, settings: Settings, index_dir: Path, rows: Sequence[dict[str, Any]]) -> Asked:
    """Ask `rows` (query, type, targets) of the files below `root`."""
    with Index(root, settings, index_dir=str(index_dir)) as index:
        index.refresh()
    embedder = choose(settings, str(root))
    meaning = Meaning(lambda: embedder)
    vectors = VectorChoice(lambda: embedder.fingerprint, 100 << 20) if embedder else None
    catalog = Catalog(index_dir / CATALOG, create=False)
    snapshot = Snapshot.opened(str(root), index_dir, catalog, vectors)
    matrices, starts, right, is_name, paths = [np.zeros((0, len(NAMES)), np.float32)], [0], [], [], []
    for row in rows:
        stats = SearchStats()
        sources = Sources(stats, settings.max_exact_bytes)
        vector = meaning.vector(row["query"], stats)
        judged = hybrid.judge(
            snapshot,
            row["query"],
            SearchOptions(),
            sources,
            stats,
            meaning.related,
            vector,
            meaning.encoder(),
        )
        if judged is not None:
            own = [display_path(file.path) for file in judged.files]
            matrices.append(judged.matrix.astype(np.float32))
            right += [path in row["targets"] for path in own]
            paths += own
        starts.append(len(paths))
        is_name.append(judged is not None and judged.question.is_name)
    catalog.close()
    return Asked(
        list(NAMES), np.concatenate(matrices), np.array(starts), np.array(right, bool),
        np.array([TYPES.index(row["type"]) for row in rows], np.uint8),
        np.array([len(row["targets"]) for row in rows], np.int64), np.array(is_name, bool),
        [row["query"] for row in rows], paths,
    )  # fmt: skip


def save(asked: Asked, file: Path) -> None:
    """Write `file`."""
    np.savez_compressed(file, **{name: np.array(getattr(asked, name)) for name in Asked.__dataclass_fields__})


def load(file: Path) -> Asked:
    """Read what `save` wrote."""
    with np.load(file) as found:
        values = {name: found[name] for name in Asked.__dataclass_fields__}
    lists = {name: values[name].tolist() for name in ("names", "texts", "paths")}
    return Asked(**{**values, **lists})


def measure_mined(mined: Path, out: Path, settings: Settings) -> None:
    """The questions of mine.py."""
    rows = defaultdict(list)
    with (mined / "queries.jsonl").open() as file:
        for line in file:
            row = json.loads(line)
            rows[row["repo"]].append(row)
    for entry in json.loads((HERE / "repos.json").read_text()):
        folder = entry["name"].replace("/", "+")
        asked = measure(
            mined / folder / entry["root"], settings, mined / "index" / folder, rows[entry["name"]]
        )
        save(asked, out / f"{folder}.npz")
        print(entry["name"], len(asked.texts), "questions", asked.matrix.shape[0], "candidates", flush=True)


def measure_judged(data: Path, corpora: Path, indexes: Path, out: Path, settings: Settings) -> None:
    """Judged questions, of repositories whose checkouts are in `corpora`."""
    for entry in json.loads((data / "repos.json").read_text()):
        folder = entry.get("benchmark_root") or ""
        inside = folder + "/" if folder else ""
        rows = []
        for item in json.loads((data / "annotations" / f"{entry['name']}.json").read_text()):
            targets = [path.removeprefix(inside) for path in (*item["relevant"], *item.get("secondary", []))]
            rows.append({"type": f"judged {item['category']}", "query": item["query"], "targets": targets})
        asked = measure(corpora / entry["name"] / folder, settings, indexes / entry["name"], rows)
        save(asked, out / f"{entry['name']}.npz")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mined", type=Path, help="folder that mine.py wrote")
    parser.add_argument("--judged", type=Path, help="folder with repos.json and annotations/")
    parser.add_argument("--corpora", type=Path, help="checkouts of the judged repositories")
    parser.add_argument("--indexes", type=Path, help="indexes of the judged repositories")
    parser.add_argument("--out", type=Path, required=True, help="folder for one .npz a repository")
    parser.add_argument("--embedder", default="bundled")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    settings = Settings(jobs=1, embedder=options.embedder)
    if options.mined:
        measure_mined(options.mined, options.out, settings)
    elif options.judged and options.corpora and options.indexes:
        measure_judged(options.judged, options.corpora, options.indexes, options.out, settings)
    else:
        parser.error("give --mined, or --judged with --corpora and --indexes")


if __name__ == "__main__":
    main()
