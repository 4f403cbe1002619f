"""The pure parts of the benchmark: from measurements to figures, and what makes its trees and queries."""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import pytest
from bench import corpora, engine, measure, peers, queries, report, run, soak
from bench.measure import BenchError, Spread
from bench.queries import Query
from bench.row import Row, row
from hypothesis import given
from hypothesis import strategies as st

FLOATS = st.floats(min_value=-1e9, max_value=1e9)


def test_percentile_interpolates_between_neighbours() -> None:
    assert measure.percentile([4.0, 1.0, 3.0, 2.0], 50) == 2.5
    assert measure.percentile([10.0, 20.0], 95) == pytest.approx(19.5)
    assert measure.percentile([7.0], 95) == 7.0


@given(st.lists(FLOATS, min_size=1), st.floats(0, 100), st.floats(0, 100))
def test_percentile_is_within_the_values_and_grows_with_the_percent(
    values: list[float], one: float, two: float
) -> None:
    low, high = (measure.percentile(values, percent) for percent in sorted((one, two)))
    slack = 1e-6 * max(map(abs, values))
    assert min(values) - slack <= low <= high + slack
    assert high <= max(values) + slack
    assert measure.percentile(values, 0) == min(values)
    assert measure.percentile(values, 100) == max(values)


@pytest.mark.parametrize(("values", "percent"), [([], 50), ([1.0], -1), ([1.0], 101)])
def test_percentile_refuses_nonsense(values: list[float], percent: float) -> None:
    with pytest.raises(ValueError, match=r"values|percent"):
        measure.percentile(values, percent)


def test_interleave_takes_turns_and_drops_the_warm_up() -> None:
    asked: list[str] = []

    def contender(name: str) -> float:
        asked.append(name)
        return float(len(asked))

    times = measure.interleave({"a": lambda: contender("a"), "b": lambda: contender("b")}, 2)
    assert asked == ["a", "b"] * 3
    assert times == {"a": [3.0, 5.0], "b": [4.0, 6.0]}


def test_run_returns_output_status_and_errors() -> None:
    script = "import sys; print('one'); print('two'); print('why', file=sys.stderr); sys.exit(3)"
    done = measure.run([sys.executable, "-c", script], keep=True, accept=(3,))
    assert (done.status, done.lines, done.out.split(), done.err.strip()) == (3, 2, [b"one", b"two"], "why")
    with pytest.raises(BenchError, match="exit status 3: why"):
        measure.run([sys.executable, "-c", script])


def test_run_stops_what_takes_too_long() -> None:
    with pytest.raises(BenchError, match="stopped after"):
        measure.run([sys.executable, "-c", "import time; time.sleep(60)"], timeout_s=0.2)


@pytest.mark.skipif(not measure.can_watch_memory(), reason="needs /proc with the children of a process")
def test_memory_is_summed_over_the_process_tree() -> None:
    child = "x = bytearray(b'x') * (60 << 20); import time; time.sleep(1)"
    parent = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); subprocess.run('true')"
    )
    done = measure.run([sys.executable, "-c", parent], watch_memory=True)
    assert done.rss_mb is not None
    assert 60 < done.rss_mb < 200
    assert done.pss_mb is not None
    assert 60 < done.pss_mb <= done.rss_mb


def test_process_tree_holds_a_process_once() -> None:
    if measure.can_watch_memory():
        assert measure.process_tree(os.getpid()).count(os.getpid()) == 1


@pytest.mark.parametrize(
    ("made", "reached", "goal"),
    [
        (row("r", "s", [1.0, 2.0, 9.0], target=2, goal=1), True, False),
        (row("r", "s", [2.1], target=2), False, None),
        (row("r", "x", [1.9], target=1.8, higher_is_better=True), True, None),
        (row("r", "x", [1.7], target=1.8, higher_is_better=True), False, None),
        (row("r", "ms", [5.0], beat_peer=True, peer="rg", peer_value=5.0), False, None),
        (row("r", "ms", [4.9], beat_peer=True, peer="rg", peer_value=5.0), True, None),
        (row("r", "ms", [4.9], peer="rg", peer_value=5.0), None, None),
        (Row("r", target=1, error="it broke"), False, None),
    ],
)
def test_a_row_says_whether_its_target_is_reached(made: Row, reached: bool | None, goal: bool | None) -> None:
    assert made.reached is reached
    assert made.goal_reached is goal


def test_a_row_takes_the_median_and_keeps_the_extremes() -> None:
    assert row("r", "s", [3.0, 1.0, 2.0]).value == Spread(2.0, 1.0, 3.0, 3)


def _entry(group: str, body: dict[str, object]) -> dict[str, Any]:
    return report.result(group, body, {"runs": 3}, [0.5, 0.4, 0.3])


def test_the_result_says_when_where_and_of_which_commit(tmp_path: Path) -> None:
    rows = [row("full index", "s", [10.0], target=17, goal=12), Row("words", target=5, error="no index")]
    path = report.save(_entry("engine", report.engine_body(rows)), tmp_path)
    saved = json.loads(path.read_text(encoding="utf-8"))
    assert path.name.startswith("engine-2")
    assert {"format", "group", "date", "commit", "machine", "settings", "rows"} <= saved.keys()
    assert {"cores", "cpu", "memory_gb", "system", "python", "libraries"} == saved["machine"].keys()
    assert {"id", "dirty"} == saved["commit"].keys()
    assert [each["reached"] for each in saved["rows"]] == [True, False]
    assert saved["rows"][0]["median"] == 10.0


def test_latest_keeps_the_other_groups(tmp_path: Path) -> None:
    report.save(_entry("engine", report.engine_body([row("a", "s", [1.0])])), tmp_path)
    report.save(_entry("peers", {"tools": []}), tmp_path)
    report.save(_entry("engine", report.engine_body([row("b", "s", [1.0])])), tmp_path)
    newest = report.latest(tmp_path)
    assert newest.keys() == {"engine", "peers"}
    assert newest["engine"]["rows"][-1]["name"] == "b"


def test_a_part_is_completed_from_a_run_of_the_same_commit_only() -> None:
    def entry(commit: str, *rows: Row) -> dict[str, Any]:
        made = _entry("engine", report.engine_body(list(rows)))
        return {**made, "commit": {"id": commit, "dirty": False}}

    old = entry("one", row("a", "s", [1.0]), row("b", "s", [1.0]))
    again = report.merged(old, entry("one", row("b", "s", [2.0]), row("c", "s", [2.0])))
    assert [(each["name"], each["median"]) for each in again["rows"]] == [("a", 1.0), ("b", 2.0), ("c", 2.0)]
    other = entry("two", row("b", "s", [2.0]))
    assert report.merged(old, other) == other
    edited = {**entry("one", row("b", "s", [2.0])), "commit": {"id": "one", "dirty": True}}
    assert report.merged({**old, "commit": edited["commit"]}, edited) == edited


def test_the_engine_table_shows_value_target_and_peer() -> None:
    rows = [
        row("full index", "s", [11.0, 12.0, 13.0], target=17, goal=12),
        row("broad", "ms", [900.0], beat_peer=True, peer="ripgrep", peer_value=500.0),
        Row("memory", target=0, error="OSError: no /proc\nmore"),
    ]
    full, broad, memory = report.text(_entry("engine", report.engine_body(rows))).splitlines()[-3:]
    assert full.split("  ")[0] == "full index"
    for part in ("12.0 s", "11.0 .. 13.0", "<= 17.0 s", "yes, goal too"):
        assert part in full
    assert " NO " in broad
    assert "ripgrep: 500 ms" in broad
    assert "FAILED" in memory
    assert "OSError: no /proc" in memory


def _tool(name: str, lines: int, engine_s: float | None = None) -> dict[str, object]:
    answer = {"median_s": 0.5, "min_s": 0.4, "max_s": 0.6, "engine_median_s": engine_s, "lines": lines}
    cost = {"wall_s": 10.6, "cpu_s": 10.7, "bytes": 148_000_000, "rss_mb": 1185.0, "pss_mb": None}
    return {
        "tool": name,
        "version": "1",
        "note": "",
        "status": "ok",
        "index": cost,
        "queries": {"literal": answer},
    }


def test_the_peers_tables_name_missing_tools_and_other_counts() -> None:
    absent = {
        "tool": "zoekt",
        "version": "",
        "note": "",
        "status": "not installed",
        "index": None,
        "queries": {},
    }
    tools = [_tool("ripgrep", 36), _tool("csearch", 36, 0.1), _tool("git grep", 35), absent]
    shown = report.text(_entry("peers", {"tools": tools}))
    assert any(line.startswith("zoekt") and "not installed" in line for line in shown.splitlines())
    assert "500 (100)" in shown
    assert "36 (git grep 35)" in shown


@given(st.lists(st.lists(st.text("ab 1", max_size=8), min_size=3, max_size=3), max_size=5))
def test_table_columns_stand_below_each_other(lines: list[list[str]]) -> None:
    head = ["one", "two", "three"]
    shown = report.table(head, lines).split("\n")
    widths = [max(len(line[column]) for line in [head, *lines]) for column in range(3)]
    starts = [0, widths[0] + 2, widths[0] + widths[1] + 4]
    for cells, line in zip(lines, shown[2:], strict=True):
        padded = line.ljust(sum(widths) + 4)
        assert [padded[s : s + w] for s, w in zip(starts, widths, strict=True)] == [
            cell.ljust(width) for cell, width in zip(cells, widths, strict=True)
        ]


def test_generated_files_are_the_same_for_the_same_seed_and_differ_for_another() -> None:
    one, two, other = (list(corpora.generate_texts(5, 6_000, seed, pool=500)) for seed in (1, 1, 2))
    assert one == two
    assert one != other
    assert len(set(one)) == 5
    assert all(6_000 <= len(text) < 6_300 and text.endswith(b"\n") for text in one)


def test_generated_tree_has_all_files_and_small_folders(tmp_path: Path) -> None:
    tree = corpora.generated(tmp_path, 450, size=300)
    folders = {Path(entry.path).parent for entry in corpora.walk(tree.path)}
    assert (tree.files, len(folders)) == (450, 3)
    assert max(sum(1 for _ in folder.iterdir()) for folder in folders) == corpora.FILES_A_FOLDER
    before = {entry.path: entry.stat().st_mtime_ns for entry in corpora.walk(tree.path)}
    assert corpora.generated(tmp_path, 450, size=300) == tree
    assert before == {entry.path: entry.stat().st_mtime_ns for entry in corpora.walk(tree.path)}
    assert corpora.generated(tmp_path, 450, size=400).bytes > tree.bytes


def test_vocabulary_has_no_name_twice() -> None:
    names = corpora.vocabulary(2_000, random.Random(1))
    assert len(set(names)) == len(names) == 2_000


def test_sample_takes_every_kth_nearest_to_the_size() -> None:
    candidates = [(f"f{number}", 10 if number % 3 == 1 else 1) for number in range(30)]
    assert corpora.choose_sample(candidates, 10, 100) == [f"f{number}" for number in range(1, 30, 3)]
    with pytest.raises(BenchError, match="only 30 files"):
        corpora.choose_sample(candidates, 31, 100)


def _tree(folder: Path, files: int) -> corpora.Corpus:
    folder.mkdir()
    for number in range(files):
        (folder / f"f{number:02}.c").write_text(
            f"/* allocate the page for number {number} */\nint name_{number};\n"
        )
    return corpora.counted("tree", folder)


def test_edits_are_undone_also_after_a_run_that_was_killed(tmp_path: Path) -> None:
    tree = _tree(tmp_path / "tree", 20)
    before = {e.path: (Path(e.path).read_bytes(), e.stat().st_mtime_ns) for e in corpora.walk(tree.path)}
    with corpora.editable(tree, tmp_path / "cache", 5) as paths:
        assert len(set(paths)) == 5
        for path in paths:
            path.write_text("edited")
        kept = (tmp_path / "cache" / "edits").rename(tmp_path / "kept")
    for path in paths:  # as a killed run leaves it
        path.write_text("edited")
    kept.rename(tmp_path / "cache" / "edits")
    corpora.restore_edits(tmp_path / "cache")
    after = {e.path: (Path(e.path).read_bytes(), e.stat().st_mtime_ns) for e in corpora.walk(tree.path)}
    assert after == before
    assert not (tmp_path / "cache" / "edits").exists()


def test_queries_are_drawn_alike_each_time_and_differ(tmp_path: Path) -> None:
    tree = _tree(tmp_path / "tree", 30)
    texts = queries.source_texts(tree)
    assert texts == queries.source_texts(tree)
    drawn = queries.word_queries(texts, 20)
    assert drawn == queries.word_queries(texts, 20)
    assert len(set(drawn)) == 20
    names = queries.identifiers(texts, 10)
    assert len(set(names)) == 10
    assert all(any(name in text for text in texts) for name in names)


def test_literals_are_escaped_for_tools_that_only_read_regexes() -> None:
    assert peers.as_regex(Query("q", "return -EINVAL")) == "return -EINVAL"
    assert peers.as_regex(Query("q", "GPL(kvm_")) == r"GPL\(kvm_"
    assert peers.as_regex(Query("q", "a(b|c)$", literal=False)) == "a(b|c)$"


def test_a_missing_tool_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("BENCH_PEERS", raising=False)
    assert "csearch" in peers.Csearch().missing()
    assert peers.first_line(["no-such-program-at-all"]) == ""


def test_only_names_groups_rows_and_tools() -> None:
    options = run.parse(["--only", "index,zoekt-ctags", "--quick"])
    assert options.runs == 1
    assert run.select(options.only, "engine", frozenset(engine.ROWS)) == {"index"}
    assert run.select(frozenset(), "engine", frozenset({"a", "b"})) == {"a", "b"}
    assert run.select(frozenset({"engine"}), "engine", frozenset({"a", "b"})) == {"a", "b"}
    with pytest.raises(SystemExit):
        run.parse(["--only", "nothing"])


def test_a_failing_row_becomes_a_row_with_its_error(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(subject: object) -> list[Row]:
        raise ZeroDivisionError("by zero")

    (failed,) = run._isolated("broken", broken, None)  # type: ignore[arg-type]
    assert failed.error == "ZeroDivisionError: by zero"
    assert failed.reached is False
    assert "Traceback" in capsys.readouterr().err


def test_the_soak_model_knows_where_each_mark_stands() -> None:
    text = soak.marked(b"int a;\n", 1)
    again = soak.marked(text, 2)
    assert again.endswith(b"\nint a;\n")
    assert soak.expected_lines({"a": text, "b": again}, soak.mark(1)) == {("a", 1)}
    assert soak.expected_lines({"a": text, "b": again}, soak.EVERYWHERE) == {("a", 1), ("b", 1)}


def test_soak_changes_are_real_and_repeatable(tmp_path: Path) -> None:
    def states() -> list[soak.State]:
        state = soak.Soak(tmp_path, random.Random(5))
        state.tree = {f"f{number}": soak.marked(b"x\n", 0) for number in range(100)}
        return [state.change(1), state.change(2)]

    one, two = states()
    assert [one, two] == states()
    assert one != two
    assert soak.expected_lines(one, soak.mark(1))
    assert not soak.expected_lines(one, soak.mark(2))
