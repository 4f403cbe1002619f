"""Random queries against files: the index finds what a brute-force evaluator finds, file for file and line for line."""

from __future__ import annotations

from pathlib import Path

from bench.generated import compare, write_corpus

QUERIES = 300
FILES = 30


def test_an_index_answers_as_the_oracle_does(tmp_path: Path) -> None:
    root = write_corpus(tmp_path / "corpus", FILES, seed=5)
    answers = list(compare(root, QUERIES, seed=5))
    assert [difference for _, difference in answers if difference] == []
    # The queries say something: most of them of some files, not of all.
    assert sum(0 < files < FILES for files, _ in answers) > QUERIES // 2
