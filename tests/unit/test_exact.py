"""Exact and regex search over an index: what is left out, and that it is said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from trees import write_tree

from codelode import Index

FILLER = "".join(f"int filler_{i}(void);\n" for i in range(3000))
FILES = {
    "a.c": "one\ntwo one\none\n",
    "b.c": "one\n",
    "large.c": f"begin\n{FILLER}end\n",
    "apart.c": f"end\n{FILLER}begin\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    root = write_tree(tmp_path_factory.mktemp("exact") / "tree", FILES)
    with Index(root, index_dir="../index") as index:
        index.refresh()
        yield index


def test_when_the_time_is_over_that_is_said(index: Index) -> None:
    result = index.search("one", mode="exact", timeout_ms=0)
    assert result.hits == ()
    assert result.stats.partial
    assert result.stats.notes == [
        "the time of the search was over: 2 of 2 candidate files were not looked at"
    ]
    assert not index.search("one", mode="exact", timeout_ms=60_000).stats.partial


@pytest.mark.parametrize("all_matches", [True, False])
def test_hits_of_a_file_are_bounded(index: Index, all_matches: bool) -> None:
    hits = index.search("one", mode="exact", max_per_file=2, all_matches=all_matches).hits
    assert sorted((hit.path, hit.start_line) for hit in hits) == [("a.c", 1), ("a.c", 2), ("b.c", 1)]


def test_a_match_may_span_the_blocks_of_a_file(index: Index) -> None:
    """Each end is in a block of its own, and no block has the trigrams of both."""
    result = index.search(r"begin\n(?s:.)*\nend", mode="regex", all_matches=True)
    assert [(hit.path, hit.start_line, hit.end_line) for hit in result.hits] == [("large.c", 1, 3002)]
    assert result.stats.candidates == 2
    assert result.stats.files_read == 2


def test_stages_are_timed(index: Index) -> None:
    assert {"candidates", "read", "match"} <= index.search("two one", mode="exact").stats.stages.keys()


@pytest.mark.parametrize(
    ("query", "engine", "across"),
    [("[o]ne", "re2", False), ("one(?!x)", "regex", False), (r"one\n", "re2", True)],
)
def test_the_engine_is_explained(index: Index, query: str, engine: str, across: bool) -> None:
    explain = index.search(query, mode="regex", explain=True).stats.explain
    assert explain is not None
    assert (explain["engine"], explain["across lines"], explain["candidates"]) == (engine, across, 2)
