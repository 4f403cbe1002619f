"""Nearest chunks among synthetic vectors: ``python -m bench.vectors [--counts 870000,5000000]``.

An index is written whose chunks have no text, only vectors: of clusters in clusters, as files in folders are, and of
independent random directions, the worst case for sign bits.  A query is a vector of the index with half as much noise
again.  Times are of `nearest_chunks` with a warm page cache, processor time too (it runs in one thread), which other
work on the machine hardly changes; recall is against all cosines in float32.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

import numpy as np
import numpy.typing as npt

from bench import machine, measure, report
from codelode.embed.embedder import unit_rows
from codelode.index.files import FileEntry, write_chunks, write_files
from codelode.index.vectors import VectorsWriter
from codelode.model import FileStat
from codelode.search.nearest import nearest_chunks
from codelode.search.snapshot import Snapshot, VectorChoice
from codelode.store import segment
from codelode.store.catalog import Catalog, Change, SegmentRow

RESULT = report.FOLDER / "vectors.json"
COUNTS = (870_000, 5_000_000)
DIMS = 256
SEGMENT_CHUNKS = 65_000
"""As many as a builder with its share of 1,024 MiB makes of source."""
FILE_CHUNKS = 12
FOLDER_CHUNKS = 600
WANTED = 100
EMBEDDER = "synthetic"

Floats = npt.NDArray[np.float32]


def clustered(count: int, rng: np.random.Generator) -> Floats:
    """Unit vectors f32[count, DIMS]: a direction of the folder, one of the file, and one of the chunk."""
    out = rng.standard_normal((count, DIMS), np.float32)
    for size in (FILE_CHUNKS, FOLDER_CHUNKS):
        centres = rng.standard_normal((count // size + 1, DIMS), np.float32)
        out += centres[np.arange(count) // size]
    return unit_rows(out)


def independent(count: int, rng: np.random.Generator) -> Floats:
    """Unit vectors f32[count, DIMS] in random directions."""
    return unit_rows(rng.standard_normal((count, DIMS), np.float32))


MAKERS = {"clustered": clustered, "independent": independent}


def write_index(location: Path, segments: Iterable[Floats]) -> None:
    """An index at `location` with one segment for each array of vectors: files of `FILE_CHUNKS` chunks, no text."""
    rows = []
    location.mkdir(parents=True)
    for number, vectors in enumerate(segments):
        folder = segment.segment_folder(location, f"{number:016x}")
        folder.mkdir(parents=True)
        files = np.arange(len(vectors), dtype=np.uint32) // FILE_CHUNKS
        entries = [
            FileEntry(b"%d/%d" % (number, ordinal), FileStat(0, 0, 0), bytes(16), "", "", False, True)
            for ordinal in range(int(files.max()) + 1)
        ]
        write_files(folder / segment.FILES, entries)
        zeros = np.zeros(len(vectors), np.uint32)
        write_chunks(folder / segment.CHUNKS, [{"file": files, "start": zeros, "line": zeros}])
        writer = VectorsWriter(vectors.shape[1])
        writer.add(vectors)
        writer.write(folder / segment.VECTORS, EMBEDDER)
        sealed = segment.seal(folder, files=len(entries), text_bytes=len(vectors), fingerprint="")
        rows.append(SegmentRow(sealed.name, sealed.files, sealed.text_bytes, sealed.guard, b""))
    catalog = Catalog(location / "catalog.db", create=True)
    catalog.commit(Change(tuple(rows), (), {}, (), replace_all=True, meta={}))
    catalog.close()


def open_index(location: Path, load_bytes: int = 0) -> Snapshot:
    """The index that `write_index` wrote."""
    catalog = Catalog(location / "catalog.db", create=False)
    try:
        return Snapshot.opened("", location, catalog, VectorChoice(lambda: EMBEDDER, load_bytes))
    finally:
        catalog.close()


def noisy(vectors: Floats, rng: np.random.Generator) -> Floats:
    """Queries near `vectors`: half as much noise is added."""
    return unit_rows(vectors + 0.5 * independent(len(vectors), rng))


class Brute:
    """The exact nearest chunks of each query, kept while the vectors go by."""

    def __init__(self, queries: Floats, wanted: int) -> None:
        self._queries, self._wanted = queries, wanted
        self._scores = np.empty((len(queries), 0), np.float32)
        self._places = np.empty((len(queries), 0), np.int64)

    def see(self, number: int, vectors: Floats) -> None:
        """The vectors of segment `number`."""
        scores = np.concatenate([self._scores, self._queries @ vectors.T], axis=1)
        own = np.broadcast_to((number << 32) + np.arange(len(vectors)), (len(self._queries), len(vectors)))
        places = np.concatenate([self._places, own], axis=1)
        best = np.argpartition(-scores, min(self._wanted, scores.shape[1] - 1), axis=1)[:, : self._wanted]
        self._scores = np.take_along_axis(scores, best, 1)
        self._places = np.take_along_axis(places, best, 1)

    def watching(self, segments: Iterable[Floats]) -> Iterator[Floats]:
        """`segments`, seen one by one."""
        for number, vectors in enumerate(segments):
            self.see(number, vectors)
            yield vectors

    def recall(self, query: int, found: Iterable[tuple[int, int, float]]) -> float:
        """The share of the nearest rows that `found` has."""
        places = {(number << 32) + chunk for number, chunk, _ in found}
        return len(places & set(self._places[query].tolist())) / self._wanted


def parts(kind: str, count: int) -> Iterator[Floats]:
    """The vectors of one kind, a segment at a time, the same each time."""
    for number, first in enumerate(range(0, count, SEGMENT_CHUNKS)):
        yield MAKERS[kind](min(SEGMENT_CHUNKS, count - first), np.random.default_rng(number))


def measured(kind: str, count: int, queries: int) -> dict[str, Any]:
    """One row of the result."""
    rng = np.random.default_rng(99)
    asked = noisy(next(parts(kind, count))[rng.integers(0, min(count, SEGMENT_CHUNKS), queries)], rng)
    brute = Brute(asked, WANTED)
    with tempfile.TemporaryDirectory() as work:
        write_index(Path(work, "index"), brute.watching(parts(kind, count)))
        snapshot = open_index(Path(work, "index"))
        masks = [part.live for part in snapshot.segments]
        for query in asked[:5]:
            nearest_chunks(snapshot, query, masks, WANTED)
        times, processor, recalls = [], [], []
        for number, query in enumerate(asked):
            began, busy = perf_counter(), thread_time()
            found = nearest_chunks(snapshot, query, masks, WANTED)
            processor.append((thread_time() - busy) * 1e3)
            times.append((perf_counter() - began) * 1e3)
            recalls.append(brute.recall(number, found))
        size = sum((part.folder / segment.VECTORS).stat().st_size for part in snapshot.segments)
    return {
        "vectors": count,
        "kind": kind,
        "segments": len(snapshot.segments),
        "p50_ms": round(measure.percentile(times, 50), 2),
        "p95_ms": round(measure.percentile(times, 95), 2),
        "p50_cpu_ms": round(measure.percentile(processor, 50), 2),
        "recall_at_100": round(float(np.mean(recalls)), 4),
        "file_mib": round(size / measure.MIB, 1),
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.vectors", description=__doc__)
    parser.add_argument("--counts", default=",".join(map(str, COUNTS)), help="vectors, separated by commas")
    parser.add_argument("--queries", type=int, default=100, metavar="N")
    parser.add_argument("--cores", type=int, default=2, metavar="N", help="cores to run on (default 2)")
    parser.add_argument("--out", type=Path, default=RESULT, metavar="FILE", help="the JSON file to write")
    options = parser.parse_args(arguments)
    load = machine.load_average()
    machine.pin_to(options.cores)
    rows = []
    for count in options.counts.split(","):
        for kind in MAKERS:
            rows.append(measured(kind, int(count), options.queries))
            print(rows[-1], file=sys.stderr)
    entry = report.result("vectors", {"dims": DIMS, "rows": rows}, {"cores": options.cores}, load)
    options.out.write_text(json.dumps(entry, indent=1) + "\n", encoding="utf-8")
    print(f"saved: {options.out}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
