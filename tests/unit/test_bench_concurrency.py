"""The benchmark of many questions at once, on a small tree."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench import concurrency
from bench.concurrency import Question
from trees import fresh, settle, write_tree

ASKED = [Question("exact", "retry(request"), Question("words", "retry request"), Question("symbol", "handle")]


def test_rounds_of_threads(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.py": "def handle(request):\n    return retry(request)\n"})
    settle(root)
    with fresh(root, tmp_path / "index") as index:
        rounds = concurrency.run_rounds(lambda question: concurrency.ask(index, question), ASKED, 8, 3, 2)
        assert [len(each.milliseconds) for each in rounds] == [24, 24]
        assert index.metrics().cache.hits == 48, "warmed up"
        rows = {row.name: row for row in concurrency.rows_of(rounds, "8 threads", 100.0)}
        assert list(rows) == [
            "8 threads: p50",
            "8 threads: p95",
            "8 threads: questions a second",
            "8 threads: errors",
            "8 threads: memory growth after the first round",
        ]
        assert rows["8 threads: errors"].reached
        repeated = concurrency.repeated(index, ASKED)
        assert repeated.detail.keys() == {"exact", "words", "symbol"}


def test_errors_are_counted() -> None:
    def fail(question: Question) -> None:
        if question.mode == "words":
            raise ValueError(question.text)

    with pytest.raises(ValueError, match="retry request"):
        concurrency.run_rounds(fail, ASKED, 4, 3)
    found = concurrency.one_round(fail, ASKED, 4, 3, seed=1)
    assert len(found.errors) == 4
    assert len(found.milliseconds) == 12
    errors = concurrency.rows_of([found], "4 threads", 100.0)[3]
    assert not errors.reached
    assert "retry request" in errors.detail["errors"][0]
