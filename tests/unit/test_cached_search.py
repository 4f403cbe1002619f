"""The cache of answers and the timings, as those who use an `Index` meet them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from trees import comparable, environment, folder_for_all, fresh, run, settle, without_privileges, write_tree

from codelode.app import Index
from codelode.metrics import Timing
from codelode.model import SearchResult
from codelode.settings import Settings
from codelode.store.files import cache_folder

TEXTS = {f"pkg/f{n}.py": f"def handler_{n}(request):\n    return retry(request, {n})\n" for n in range(8)}
QUESTIONS = [
    ("exact", "retry(request"),
    ("regex", r"handler_\d"),
    ("words", "retry request"),
    ("semantic", "try again"),
    ("hybrid", "how are requests retried"),
    ("symbol", "handler_3"),
    ("query", "retry request lang:python"),
    ("auto", "handler_1"),
]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    root = write_tree(tmp_path / "tree", TEXTS)
    settle(root)
    with fresh(root, tmp_path / "index") as made:
        yield made


def asked(index: Index, mode: str = "exact", query: str = "retry(request", **options: object) -> SearchResult:
    return index.search(query, mode=mode, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("mode", "query"), QUESTIONS)
def test_a_repeated_question_is_not_computed_again(index: Index, mode: str, query: str) -> None:
    first, again = asked(index, mode, query), asked(index, mode, query)
    assert first.hits
    assert (first.stats.cached, again.stats.cached) == (False, True)
    assert comparable(again.hits) == comparable(first.hits)
    assert (again.mode, again.why) == (first.mode, first.why)
    assert again.to_json()["stats"]["cached"] is True
    assert index.metrics().cache.hits == 1


def test_the_answer_tells_the_query_as_it_was_given(index: Index) -> None:
    asked(index, "words", "retry request")
    again = asked(index, "words", "  retry   request ")
    assert (again.query, again.stats.cached) == ("  retry   request ", True)


def test_other_options_are_computed(index: Index) -> None:
    for options in (
        {},
        {"limit": 3},
        {"globs": ["*1.py"]},
        {"context": 1},
        {"case": "ignore"},
        {"offset": 2},
    ):
        assert not asked(index, **options).stats.cached, options
        assert asked(index, **options).stats.cached, options
    assert not asked(index, explain=True).stats.cached


def test_a_commit_is_seen_at_once(index: Index) -> None:
    asked(index)
    write_tree(Path(index.root), {"pkg/new.py": "retry(request)\n"})
    settle(Path(index.root))
    assert asked(index).stats.cached, "as without a cache, before a refresh"
    found = asked(index, refresh=True)
    assert not found.stats.cached
    assert "pkg/new.py" in {hit.path for hit in found.hits}
    assert index.metrics().cache.invalidated == 1
    assert asked(index).stats.cached


def test_a_refresh_without_news_forgets_nothing(index: Index) -> None:
    asked(index)
    index.refresh()
    assert asked(index).stats.cached


def test_another_process_commits(index: Index) -> None:
    asked(index)
    write_tree(Path(index.root), {"pkg/new.py": "retry(request)\n"})
    with Index(index.root, index_dir=index.location) as other:
        other.refresh()
    assert "pkg/new.py" in {hit.path for hit in asked(index).hits}


def test_no_line_is_shown_that_is_not_there_any_more(index: Index) -> None:
    asked(index)
    path = Path(index.root, "pkg/f3.py")
    path.write_text("# above\n" + path.read_text())
    found = {hit.path: hit.start_line for hit in asked(index).hits}
    assert found["pkg/f3.py"] == 3
    path.unlink()
    assert "pkg/f3.py" not in {hit.path for hit in asked(index).hits}


def test_an_index_that_was_dropped_and_made_again(index: Index) -> None:
    asked(index)
    with Index(index.root, index_dir=index.location) as other:
        other.drop()
        write_tree(Path(index.root), {"pkg/new.py": "retry(request)\n"})
        other.refresh()
        assert other.status().generation == 1
    assert "pkg/new.py" in {hit.path for hit in asked(index).hits}


def test_without_a_cache(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", TEXTS)
    settle(root)
    with fresh(root, tmp_path / "index", Settings(cache_mb=0)) as index:
        assert not any(asked(index).stats.cached for _ in range(3))
        found = index.metrics()
        assert (found.cache.misses, found.cache.entries, found.hit_rate) == (0, 0, None)


def test_closing_forgets_the_answers(index: Index) -> None:
    asked(index)
    index.close()
    assert index.metrics().cache.entries == 0
    assert not asked(index).stats.cached


def test_every_kind_of_question_is_timed(index: Index) -> None:
    for mode, query in QUESTIONS[:-1]:
        asked(index, mode, query)
        asked(index, mode, query)
    index.symbols("handler_1")
    index.definitions("handler_1")
    index.callers("handler_1")
    index.callees("handler_1")
    index.impact("handler_1")
    index.similar("pkg/f1.py")
    index.refresh()
    found = index.metrics()
    rows = {row.kind: row for row in found.timings}
    assert rows.keys() == {mode for mode, _ in QUESTIONS[:-1]} | {
        "symbols", "definitions", "callers", "callees", "impact", "similar", "build", "refresh", "cached",
    }  # fmt: skip
    for mode, _ in QUESTIONS[:-1]:
        assert (rows[mode].count, rows[mode].cached) == (1, 1)
    assert rows["cached"].count == len(QUESTIONS) - 1
    assert found.hit_rate == 0.5


def test_the_timings_of_the_command_line_are_kept(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", TEXTS)
    env = environment(tmp_path, CODELODE_SLOW_QUERY_MS="1")
    for query in ("retry(request", "retry(request", "handler_2"):
        assert run("search", "--mode", "exact", query, str(root), env=env).returncode == 0
    done = json.loads(run("status", "--metrics", "--json", str(root), env=env).stdout)["metrics"]
    counts = {row["kind"]: (row["count"], row["cached"]) for row in done["timings"]}
    assert counts == {"build": (1, 0), "refresh": (2, 0), "exact": (3, 0)}
    assert done["hit_rate"] is None, "a process that answers once keeps no answer"
    lines = run("status", "--metrics", str(root), env=env).stdout.splitlines()
    assert lines[0].split() == ["kind", "count", "cached", "average", "ms", "p50", "p95", "p99"]
    assert [line.split()[:2] for line in lines[1:4]] == [["build", "1"], ["exact", "3"], ["refresh", "2"]]


def test_slow_questions_on_the_command_line(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", TEXTS)
    with Index(root, Settings(slow_query_ms=1, cache_mb=0), index_dir=str(tmp_path / "index")) as index:
        index.refresh()
        while not index.metrics().slow:  # the first opens files and loads libraries, but who knows
            asked(index, "hybrid", "how are requests retried", limit=5, explain=True)
    env = environment(tmp_path, CODELODE_INDEX_DIR=str(tmp_path / "index"))
    told = json.loads(run("status", "--slow", "--json", str(root), env=env).stdout)["slow"]
    assert (told[0]["query"], told[0]["mode"]) == ("how are requests retried", "hybrid")
    assert told[0]["options"] == {"mode": "hybrid", "limit": 5, "explain": True}
    assert told[0]["plan"]
    shown = run("status", "--slow", str(root), env=env).stdout
    assert "hybrid" in shown
    assert "how are requests retried" in shown
    assert "limit=5" in shown


def test_the_timings_do_not_get_into_the_way(index: Index) -> None:
    asked(index)
    index.metrics()
    logs = Path(index.location, "metrics")
    assert (logs / "exact.log").exists()
    assert index.verify() == []
    before = index.status().bytes_on_disk
    with (logs / "exact.log").open("ab") as log:
        log.write(b"damage\n")
    assert index.verify() == [], "not part of what must be sound"
    assert index.status().bytes_on_disk == before + len(b"damage\n")
    index.refresh(rebuild=True)
    assert {row.kind for row in index.metrics().timings} >= {"exact", "build"}
    index.drop()
    assert not Path(index.location).exists()
    index._monitor().note("exact", 1.0)
    index._monitor().flush()
    assert not Path(index.location).exists(), "a dropped index does not come back for its timings"


def test_an_index_inside_its_root_does_not_index_its_timings(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", TEXTS)
    settings = Settings(ignore_files=False, index_dir=".codelode")
    with Index(root, settings) as index:
        for _ in range(3):
            report = index.refresh()
            asked(index)
            index.metrics()
        assert (report.files, report.added, report.changed) == (len(TEXTS), 0, 0)


def test_a_read_only_index_can_be_searched() -> None:
    with folder_for_all() as folder:
        root = write_tree(folder / "tree", TEXTS)
        with fresh(root, folder / "index") as index:
            location = index.location
        for path in [Path(location), *Path(location).rglob("*")]:
            path.chmod(path.stat().st_mode & ~0o222)
        with without_privileges(), Index(root, index_dir=location) as index:
            assert asked(index).hits
            found = index.metrics()
            assert next(row for row in found.timings if row.kind == "exact").count == 1
            assert "ermission" in found.trouble


def test_several_indexes_have_a_place_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from codelode.many import Indexes

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    roots = [
        write_tree(tmp_path / name, {f"{name}.py": f"retry(request)  # {name}\n"}) for name in ("one", "two")
    ]
    for root in roots:
        settle(root)
        with Index(root) as index:
            index.refresh()
    with Indexes(roots) as several:
        first, again = asked(several), asked(several)  # type: ignore[arg-type]
        assert (len(first.hits), first.stats.cached, again.stats.cached) == (2, False, True)
        assert [row for row in several.metrics().timings if row.kind == "exact"] == [
            Timing("exact", 1, 1, *[pytest.approx(first.stats.elapsed_ms, abs=0.001)] * 4)  # type: ignore[arg-type]
        ]
        write_tree(roots[1], {"new.py": "retry(request)\n"})
        with Index(roots[1]) as index:
            index.refresh()
        assert len(asked(several).hits) == 3  # type: ignore[arg-type]
    assert (cache_folder() / "metrics" / "exact.log").exists()
    assert len(list(cache_folder().iterdir())) == 3


@pytest.mark.parametrize(
    ("mode", "query"),
    [("hybrid", "how are requests retried"), ("semantic", "try again"), ("query", '~"try again"')],
)
def test_vectors_that_come_later_are_used(tmp_path: Path, mode: str, query: str) -> None:
    root = write_tree(tmp_path / "tree", TEXTS)
    settle(root)
    with fresh(root, tmp_path / "index", Settings(embedder="none")) as index:
        location = index.location
    with Index(root, Settings(), index_dir=location) as asking:
        for _ in range(2):
            early = asked(asking, mode, query)
            assert "have no vectors yet" in early.stats.notes[0]
            assert not early.stats.cached
        with Index(root, Settings(), index_dir=location) as other:
            other.embed()
        found = asked(asking, mode, query)
        assert (found.stats.notes, found.stats.cached) == ([], False)
        assert found.hits
        assert asked(asking, mode, query).stats.cached
