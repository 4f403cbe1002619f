"""Timings that every process keeps in the index folder, and what they say."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from trees import folder_for_all, without_privileges

from codelode.caching import CacheCounts
from codelode.metrics import CACHED, Metrics, Timing, metrics, slow_questions
from codelode.model import Hit, Mode, SearchOptions, SearchResult, SearchStats
from codelode.monitor import FOLDER, HIT, KEPT, MISS, SLOW_KEPT, Monitor


def result(milliseconds: float, mode: Mode = Mode.EXACT, **stats: object) -> SearchResult:
    hit = Hit("a.py", 1, 1, 0.5, "python", "", "needle", ())
    return SearchResult("needle", mode, (hit,), SearchStats(elapsed_ms=milliseconds, **stats))  # type: ignore[arg-type]


def measured(monitor: Monitor) -> Metrics:
    return metrics(monitor, CacheCounts())


def timing(monitor: Monitor, kind: str) -> Timing:
    return next(row for row in measured(monitor).timings if row.kind == kind)


def test_percentiles_by_kind(tmp_path: Path) -> None:
    monitor = Monitor(str(tmp_path), 1000)
    for milliseconds in range(1, 102):
        monitor.note("regex", milliseconds)
    monitor.note("build", 12_345.678)
    assert [row.kind for row in measured(monitor).timings] == ["build", "regex"]
    assert timing(monitor, "regex") == Timing("regex", 101, 0, 51.0, 51.0, 96.0, 100.0)
    assert timing(monitor, "build").p99_ms == 12_345.678
    assert timing(monitor, "build").to_json()["count"] == 1


def test_what_one_process_noted_another_sees(tmp_path: Path) -> None:
    script = (
        "import sys; from codelode.monitor import Monitor; m = Monitor(sys.argv[1], 0)\n"
        "for n in range(300): m.note('words', n)\n"
        "m.flush()"
    )
    writers = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path)]) for _ in range(3)]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0]
    words = timing(Monitor(str(tmp_path), 0), "words")
    assert (words.count, words.average_ms) == (900, 149.5)


def test_the_last_thousand_of_each_kind_are_kept(tmp_path: Path) -> None:
    monitor = Monitor(str(tmp_path), 1000)
    monitor.note("semantic", 7)
    for number in range(5 * KEPT):
        monitor.note("exact", number)
        if number % 100 == 0:
            monitor.flush()
    exact = timing(monitor, "exact")
    assert (exact.count, exact.average_ms) == (KEPT, 4.5 * KEPT - 0.5)
    assert timing(monitor, "semantic").count == 1, "a frequent kind does not push a rare one out"
    assert sum(path.stat().st_size for path in (tmp_path / FOLDER).iterdir()) < 50_000


def test_the_hit_rate_is_that_of_questions_that_a_cache_was_asked(tmp_path: Path) -> None:
    monitor = Monitor(str(tmp_path), 1000)
    options = SearchOptions()
    monitor.note("refresh", 100)
    monitor.note_search("q", options, result(50), has_cache=False)
    assert measured(monitor).hit_rate is None
    for cached in (False, True, True, True):
        answer = result(0.05 if cached else 30, cached=cached)
        monitor.note_search("q", options, answer, has_cache=True)
    found = measured(monitor)
    assert found.hit_rate == 0.75
    assert timing(monitor, "exact") == Timing("exact", 2, 3, 40.0, 40.0, 49.0, 49.8)
    assert timing(monitor, CACHED) == Timing(CACHED, 3, 0, pytest.approx(0.05), 0.05, 0.05, 0.05)  # type: ignore[arg-type]
    assert json.loads(json.dumps(found.to_json()))["hit_rate"] == 0.75


def test_a_kind_of_which_all_came_from_the_cache_has_no_times(tmp_path: Path) -> None:
    monitor = Monitor(str(tmp_path), 1000)
    monitor.note("words", 0.05, HIT)
    assert timing(monitor, "words") == Timing("words", 0, 1, None, None, None, None)
    assert timing(monitor, "words").to_json()["p95_ms"] is None


def test_slow_questions_say_what_was_asked_and_where_the_time_went(tmp_path: Path) -> None:
    monitor = Monitor(str(tmp_path), 200)
    options = SearchOptions(
        mode=Mode.REGEX, limit=5, languages=frozenset({"c", "a"}), globs=("*.c",), under=(b"src",)
    )
    monitor.note_search("quick", options, result(199), has_cache=True)
    monitor.note_search("repeated", options, result(900, cached=True), has_cache=True)
    slow = result(
        1234.5678,
        Mode.REGEX,
        stages={"read": 1000.1234, "match": 200.0},
        candidates=9,
        files_read=8,
        explain={"plan": [{"step": 1}]},
    )
    monitor.note_search("slow\none", options, slow, has_cache=True)
    monitor.flush()
    (found,) = slow_questions(Monitor(str(tmp_path), 0))
    at, pid = found.pop("at"), found.pop("pid")
    assert at > 1.7e9
    assert pid > 0
    assert found == {
        "query": "slow\none",
        "mode": "regex",
        "options": {"mode": "regex", "limit": 5, "languages": ["a", "c"], "globs": ["*.c"], "under": ["src"]},
        "ms": 1234.568,
        "stages": {"read": 1000.123, "match": 200.0},
        "candidates": 9,
        "files_read": 8,
        "bytes_read": 0,
        "matches": 0,
        "hits": 1,
        "partial": False,
        "plan": {"plan": [{"step": 1}]},
    }


def test_the_slow_log_is_bounded_and_can_be_turned_off(tmp_path: Path) -> None:
    monitor = Monitor(str(tmp_path), 1)
    for number in range(3 * SLOW_KEPT):
        monitor.note_search(f"q{number} " + "x" * 5_000, SearchOptions(), result(2), has_cache=False)
    queries = [told["query"] for told in slow_questions(monitor)]
    assert len(queries) == SLOW_KEPT
    assert queries[-1].startswith(f"q{3 * SLOW_KEPT - 1} ")
    assert max(map(len, queries)) == 1_000
    off = Monitor(str(tmp_path), 0)
    off.note_search("off", SearchOptions(), result(1e6), has_cache=False)
    assert [told["query"] for told in slow_questions(off)] == queries


def test_a_folder_that_cannot_be_written_fails_nobody(tmp_path: Path) -> None:
    gone = Monitor(str(tmp_path / "gone"), 1)
    for _ in range(2):
        gone.note_search("q", SearchOptions(), result(5), has_cache=False)
        gone.flush()
    found = measured(gone)
    assert (found.timings[0].count, len(found.slow)) == (2, 2)
    assert str(tmp_path / "gone" / FOLDER) in found.trouble
    assert not (tmp_path / "gone").exists(), "an index that was dropped does not come back"


def test_a_read_only_folder() -> None:
    with folder_for_all() as folder:
        written = Monitor(str(folder), 0)
        written.note("words", 1)
        written.flush()
        for path in (folder, folder / FOLDER, folder / FOLDER / "words.log"):
            path.chmod(path.stat().st_mode & ~0o222)
        with without_privileges():
            monitor = Monitor(str(folder), 0)
            monitor.note("words", 3)
            assert timing(monitor, "words").average_ms == 2
            assert "ermission" in measured(monitor).trouble


def test_lines_that_were_cut_short_are_left_out(tmp_path: Path) -> None:
    monitor = Monitor(str(tmp_path), 0)
    monitor.note("words", 2, MISS)
    monitor.flush()
    with (tmp_path / FOLDER / "words.log").open("ab") as file:
        file.write(b"      12\n4.000=\n\xff\n")
    (tmp_path / FOLDER / "slow.jsonl").write_bytes(b'{"query": "a"}\n{"que\n')
    assert timing(monitor, "words").average_ms == 2
    assert slow_questions(monitor) == [{"query": "a"}]


def test_threads_that_note_at_once(tmp_path: Path) -> None:
    monitor = Monitor(str(tmp_path), 0)

    def note() -> None:
        for number in range(100):
            monitor.note("exact", number)
            if number % 10 == 0:
                monitor.flush()

    threads = [threading.Thread(target=note) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert timing(monitor, "exact").count == 800
