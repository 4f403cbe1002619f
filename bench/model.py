"""The bundled model on a real tree: ``python -m bench.model [--corpus DIR] [--index DIR]``.

How fast it is loaded and how fast it encodes source; and, of the chunks nearest to real questions and to real chunks by
all cosines, how many the sign bits find.  The index must be one of the tree with vectors of the bundled model.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from time import thread_time

import numpy as np

from bench import corpora, machine, report
from bench.measure import spread
from bench.queries import plain_queries
from bench.row import Row
from codelode import cpu
from codelode.app import Index
from codelode.embed.embedder import Vectors
from codelode.embed.static import bundled
from codelode.search.nearest import nearest_chunks
from codelode.search.snapshot import Snapshot
from codelode.settings import Settings
from codelode.text import chunks

RESULT = report.FOLDER / "model.json"
WANTED, QUESTIONS, SOURCE_BYTES = 100, 40, 64 << 20
LOAD = (
    "import time, numpy; from codelode.embed import static; began = time.perf_counter(); static.bundled(); "
    "print((time.perf_counter() - began) * 1000)"
)


def encoded(root: Path) -> float:
    """MB of source that one core encodes in a second of processor time, splitting included."""
    texts: list[str] = []
    size = 0
    for path in sorted(root.rglob("*.c")):
        text = path.read_bytes()
        starts = chunks.cut(text)
        ends = [*starts[1:], len(text)]
        texts += [text[a:b].decode("utf-8", "replace") for a, b in zip(starts, ends, strict=True)]
        size += len(text)
        if size > SOURCE_BYTES:
            break
    model = bundled()
    began = thread_time()
    model.encode_texts(texts)
    return size / 1e6 / (thread_time() - began)


def recalled(index: Index, vectors: Vectors) -> list[float]:
    """Mean share of the `WANTED` chunks with the highest cosines that `nearest_chunks` finds, as one value."""
    found: list[float] = []

    def work(snapshot: Snapshot) -> None:
        masks = [part.live for part in snapshot.segments]
        for vector in vectors:
            tables = [part.vectors for part in snapshot.segments]
            every = [table.scores(vector, np.arange(len(table))) for table in tables if table is not None]
            least = np.partition(np.concatenate(every), -WANTED)[-WANTED]
            near = nearest_chunks(snapshot, vector, masks, WANTED)
            found.append(sum(score >= least for _, _, score in near) / WANTED)

    index._with_snapshot(work)
    return [float(np.mean(found))]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.model", description=__doc__)
    parser.add_argument("--corpus", metavar="DIR", help="the Linux tree (default: unpack Debian's)")
    parser.add_argument("--index", type=Path, metavar="DIR", help="its index (default: that of bench.run)")
    parser.add_argument("--out", type=Path, default=RESULT, metavar="FILE", help="the JSON file to write")
    parser.add_argument("--encode-only", type=Path, metavar="DIR", help="print MB/s for the C files in DIR")
    options = parser.parse_args(arguments)
    if options.encode_only:
        print(encoded(options.encode_only))
        return 0
    load = machine.load_average()
    cache = corpora.cache_folder()
    linux = corpora.linux(options.corpus, cache)
    loads = [
        float(subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=True).stdout)
        for _ in range(5)
    ]
    # As in a builder: what cpu.py sets must stand before numpy is loaded.
    encode = [sys.executable, "-m", "bench.model", "--encode-only", str(linux.path / "drivers")]
    builder = os.environ | cpu.environment() | {"OPENBLAS_NUM_THREADS": "1"}
    speeds = [
        float(subprocess.run(encode, capture_output=True, text=True, check=True, env=builder).stdout)
        for _ in range(3)
    ]
    questions = plain_queries(linux, QUESTIONS)
    model = bundled()
    with Index(linux.path, Settings(), index_dir=str(options.index or cache / "index-linux")) as index:
        by_question = recalled(index, np.stack([model.encode_query(question) for question in questions]))
        by_code = recalled(index, model.encode_texts(questions))
    rows = [
        Row("load of the bundled model, in a new process", "ms", spread(loads), target=30),
        Row("source encoded by a core", "MB/s", spread(speeds), target=40, higher_is_better=True),
        Row("recall@100 of signs, questions", "", spread(by_question), target=0.98, higher_is_better=True),
        Row("recall@100 of signs, texts as code", "", spread(by_code), target=0.98, higher_is_better=True),
    ]
    body = {"rows": [row.to_json() for row in rows]}
    entry = report.result("model", body, {"questions": QUESTIONS, "source_bytes": SOURCE_BYTES}, load)
    print(report.text(entry))
    options.out.write_text(json.dumps(entry, indent=1) + "\n", encoding="utf-8")
    print(f"saved: {options.out}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
