"""What the word indexes of several segments propose together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codelode import Index
from codelode.index.terms import BODY, PATH, AllOf, Term, Wanted, terms, wildcard
from codelode.search.proposals import best_of, every_of, global_weight, propose, propose_all
from codelode.search.snapshot import Snapshot
from codelode.store.catalog import Catalog
from codelode.store.files import CATALOG

FIRST = {"a/one.py": "retry with backoff\n", "a/two.py": "retry\n", "a/gone.py": "retry backoff\n"}
SECOND = {"b/three.py": "backoff backoff retry\n", "b/four.py": "backoff\n", "b/five.py": "other\n"}


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """Two segments, one file of the first deleted."""
    root = tmp_path / "tree"
    index = Index(root, index_dir=str(tmp_path / "index"))
    for files in (FIRST, SECOND):
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        if files is SECOND:
            (root / "a/gone.py").unlink()
        index.refresh()
    opened = newest(index)
    assert len(opened.segments) == 2
    return opened


def newest(index: Index) -> Snapshot:
    location = Path(index.location)
    return Snapshot.opened(index.root, location, Catalog(location / CATALOG, create=False))


def weights(snapshot: Snapshot, *words: str) -> dict[str, float]:
    return {word: global_weight(snapshot, BODY, word) for word in words}


def paths(snapshot: Snapshot, found: list[tuple[int, int]]) -> list[str]:
    """Of the files of chunks."""
    parts = snapshot.segments
    return [parts[index].files.path(int(parts[index].chunks.files[chunk])).decode() for index, chunk in found]


def masks(snapshot: Snapshot) -> list[np.ndarray]:
    return [part.live for part in snapshot.segments]


def test_chunks_with_all_words_come_from_every_segment(snapshot: Snapshot) -> None:
    found = propose_all(snapshot, weights(snapshot, "retry", "backoff"), masks(snapshot), 10)
    assert paths(snapshot, found) == ["b/three.py", "a/one.py"]
    assert propose_all(snapshot, weights(snapshot, "retry", "backoff"), masks(snapshot), 1) == found[:1]
    either = propose(snapshot, BODY, weights(snapshot, "retry", "backoff"), masks(snapshot), 10)
    assert sorted(paths(snapshot, either)) == ["a/one.py", "a/two.py", "b/four.py", "b/three.py"]


def test_a_word_that_is_nowhere_leaves_no_chunk_with_all(snapshot: Snapshot) -> None:
    assert propose_all(snapshot, weights(snapshot, "retry", "absent"), masks(snapshot), 10) == []
    assert propose_all(snapshot, {}, masks(snapshot), 10) == []
    assert propose(snapshot, BODY, weights(snapshot, "retry", "absent"), masks(snapshot), 10)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Term("retry"), ["a/one.py", "a/two.py", "b/three.py"]),
        (wildcard("back*"), ["a/one.py", "b/four.py", "b/three.py"]),
        (AllOf((Term("other"), Term("retry"))), []),
    ],
)
def test_every_chunk_of_living_files(snapshot: Snapshot, wanted: Wanted, expected: list[str]) -> None:
    every = every_of(snapshot, BODY, wanted, masks(snapshot))
    found = [(index, int(chunk)) for index, own in enumerate(every) for chunk in own]
    assert sorted(paths(snapshot, found)) == expected
    assert sorted(best_of(snapshot, BODY, wanted, masks(snapshot), 10)) == sorted(found)


def test_masks_keep_files_out(snapshot: Snapshot) -> None:
    none = [np.zeros(len(part.files), bool) for part in snapshot.segments]
    assert propose_all(snapshot, weights(snapshot, "retry", "backoff"), none, 10) == []
    assert [own.size for own in every_of(snapshot, BODY, Term("retry"), none)] == [0, 0]
    named = best_of(snapshot, PATH, AllOf(terms({"b": 1.0, "three": 1.0})), masks(snapshot), 10)
    assert [snapshot.segments[index].files.path(ordinal) for index, ordinal in named] == [b"b/three.py"]


def test_filters_that_take_most_are_asked_behind(tmp_path: Path) -> None:
    """The best documents are all of files that are filtered out: the search goes on behind them."""
    root = tmp_path / "tree"
    root.mkdir()
    for n in range(60):
        (root / f"{n}.txt").write_text(
            "needle " * 50 if n else "needle and much else that is not looked for\n"
        )
    index = Index(root, index_dir=str(tmp_path / "index"))
    index.refresh()
    opened = newest(index)
    wanted = [part.files.ordinal(b"0.txt") for part in opened.segments]
    only = [
        np.arange(len(part.files)) == (-1 if at is None else at)
        for part, at in zip(opened.segments, wanted, strict=True)
    ]
    assert paths(opened, propose(opened, BODY, weights(opened, "needle"), only, 3)) == ["0.txt"]
