"""Vectors that a build makes: of every chunk, the same as of its text alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from trees import write_tree

from codelode import Index
from codelode.embed.static import bundled
from codelode.index.vectors import VectorsWriter
from codelode.search.snapshot import Snapshot, VectorChoice
from codelode.settings import Settings
from codelode.store import segment
from codelode.store.catalog import Catalog
from codelode.store.sidecars import replace_sidecar, sidecar
from codelode.text.subwords import path_text

LONG = "".join(f"def worker_{n}(queue):\n    return queue.take({n})\n\n\n" for n in range(200))
FILES = {
    "src/net/retry.py": "def back_off(attempt):\n    return 2 ** attempt  # seconds to wait\n",
    "src/pool.py": LONG,
    "größe.txt": "Die Größe des Puffers\n",
    "empty.c": "",
    "data.min.js": "x=1;" * 10_000,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_tree(tmp_path / "root", FILES)
    return tmp_path / "root"


def opened(index: Index, fingerprint: str = "") -> Snapshot:
    catalog = Catalog(Path(index.location) / "catalog.db", create=False)
    try:
        return Snapshot.opened(
            index.root,
            Path(index.location),
            catalog,
            VectorChoice(lambda: fingerprint or bundled().fingerprint, 0),
        )
    finally:
        catalog.close()


def built(root: Path, **settings: str | bool) -> Index:
    index = Index(root, Settings(**settings), index_dir=str(root.parent / "index"))
    index.refresh()
    return index


def check_every_vector(snapshot: Snapshot, root: Path) -> int:
    """The vector of each chunk is that of its text and its path; how many there are."""
    seen = 0
    for part in snapshot.segments:
        assert part.vectors is not None
        assert len(part.vectors) == len(part.chunks)
        for chunk in range(len(part.chunks)):
            ordinal, _, start, end = part.chunks.span(chunk)
            if not part.live[ordinal]:
                continue
            path = part.files.path(ordinal).decode()
            text = f"{path_text(path).decode()}\n" + (root / path).read_bytes()[start:end].decode()
            expected = bundled().encode_texts([text])[0]
            assert np.dot(part.vectors.vector(chunk), expected) > 0.999
            seen += 1
    return seen


@pytest.mark.parametrize("parallel", [False, True])
def test_every_chunk_has_the_vector_of_its_text(root: Path, parallel: bool) -> None:
    snapshot = opened(built(root, parallel=parallel))
    assert check_every_vector(snapshot, root) == snapshot.chunks > 5


def test_refreshed_and_merged_segments_have_vectors(root: Path) -> None:
    index = built(root)
    for number in range(12):
        (root / f"new_{number}.py").write_text(f"def fresh_{number}(): return 'token {number}'\n")
        index.refresh()
    (root / "src" / "pool.py").write_text(LONG[:1000])
    index.refresh()
    snapshot = opened(index)
    assert len(snapshot.segments) < 14
    assert check_every_vector(snapshot, root) == snapshot.chunks


def test_none_makes_none_and_another_embedder_rebuilds_nothing(root: Path) -> None:
    without = built(root, embedder="none")
    folder = opened(without).segments[0].folder
    assert not (folder / segment.VECTORS).exists()
    report = Index(root, Settings(), index_dir=str(root.parent / "index")).refresh()
    assert report.rebuild_reason == ""
    assert [part.folder for part in opened(without).segments] == [folder]
    assert opened(without).segments[0].vectors is None


def test_vectors_of_another_embedder_come_from_the_sidecar(root: Path) -> None:
    part = opened(built(root), "other").segments[0]
    assert part.vectors is None
    path = sidecar(part.folder.parent.parent, "other", part.name)
    path.parent.parent.mkdir()
    for done in (1, len(part.chunks)):
        writer = VectorsWriter(4)
        vectors = np.tile(np.array([1, 0, 0, 0], np.float32), (len(part.chunks), 1))
        writer.add(vectors, np.arange(len(part.chunks)) < done)
        replace_sidecar(path, lambda fresh, writer=writer: writer.write(fresh, "other"))
        assert part.vectors is not None
        assert (part.vectors.embedder, int(part.vectors.has.sum())) == ("other", done)
    assert part.vectors is part.vectors
