"""The cache of answers: what is kept, for how long, and who computes."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from trees import settle, write_tree

from codelode.caching import QueryCache, deep_bytes, question_of
from codelode.errors import QueryError
from codelode.model import Hit, Match, Mode, SearchOptions, SearchResult, SearchStats

MIB = 1 << 20


def result(*paths: str, text: str = "needle", **stats: object) -> SearchResult:
    hits = tuple(Hit(path, 1, 1, 0.5, "python", "", text, (Match(1, 1, 6),)) for path in paths)
    return SearchResult("needle", Mode.EXACT, hits, SearchStats(**stats))  # type: ignore[arg-type]


class Computing:
    """Counts how often it is called."""

    def __init__(self, answer: SearchResult | Callable[[], SearchResult]) -> None:
        self.times = 0
        self._answer = answer

    def __call__(self) -> SearchResult:
        self.times += 1
        return self._answer() if callable(self._answer) else self._answer


@pytest.fixture
def tree(tmp_path: Path) -> str:
    root = write_tree(tmp_path / "tree", {"a.py": "needle\n", "b.py": "needle\n", "copy.py": "needle\n"})
    settle(root)
    return str(root)


def test_a_question_asked_twice_is_computed_once(tree: str) -> None:
    cache, compute = QueryCache(MIB), Computing(result("a.py", stages={"match": 1.0}, matches=7))
    first = cache.answer(1, "q", tree, compute)
    again = cache.answer(1, "q", tree, compute)
    assert compute.times == 1
    assert again.hits == first.hits
    assert (first.stats.cached, again.stats.cached) == (False, True)
    assert (again.stats.matches, again.stats.stages) == (7, {})
    counts = cache.counts()
    assert (counts.hits, counts.misses, counts.entries, counts.hit_rate) == (1, 1, 1, 0.5)
    assert counts.to_json()["hit_rate"] == 0.5


def test_stats_of_one_answer_are_not_those_of_another(tree: str) -> None:
    cache, compute = QueryCache(MIB), Computing(lambda: result("a.py"))
    for _ in range(3):
        answer = cache.answer(1, "q", tree, compute)
        assert answer.stats.stages == answer.stats.skipped == {}
        answer.stats.stages["render"] = 1.0
        answer.stats.skipped["binary"] = 1
        answer.stats.notes.append("mine")
        assert answer.stats.notes == ["mine"]
    assert compute.times == 1


def test_another_question_or_another_commit_is_computed(tree: str) -> None:
    cache, compute = QueryCache(MIB), Computing(result("a.py"))
    for identity, question in ((1, "q"), (1, "r"), (2, "q"), (2, "r"), (2, "q")):
        cache.answer(identity, question, tree, compute)
    assert compute.times == 4
    counts = cache.counts()
    assert (counts.invalidated, counts.entries, counts.hits) == (2, 2, 1)


def _append(path: Path) -> None:
    path.write_text("needle\nmore\n")


def _touch(path: Path) -> None:
    path.touch()


def _replace(path: Path) -> None:
    path.with_suffix(".new").write_text("needle\n")
    path.with_suffix(".new").replace(path)


@pytest.mark.parametrize("edit", [_append, _touch, _replace, Path.unlink])
def test_an_answer_that_shows_a_changed_file_is_dropped(tree: str, edit: Callable[[Path], None]) -> None:
    cache, compute = QueryCache(MIB), Computing(result("a.py", "b.py"))
    cache.answer(1, "q", tree, compute)
    cache.answer(1, "q", tree, compute)
    edit(Path(tree, "b.py"))
    cache.answer(1, "q", tree, compute)
    assert compute.times == 2
    assert cache.counts().invalidated == 1


def test_the_copies_of_a_hit_are_watched_too(tree: str) -> None:
    hit = result("a.py").hits[0]._replace(copies=("copy.py",))
    cache, compute = QueryCache(MIB), Computing(SearchResult("q", Mode.HYBRID, (hit,), SearchStats()))
    cache.answer(1, "q", tree, compute)
    Path(tree, "copy.py").unlink()
    cache.answer(1, "q", tree, compute)
    assert compute.times == 2


def test_a_file_edited_while_the_answer_was_computed_is_not_trusted(tree: str) -> None:
    def slow() -> SearchResult:
        answer = result("a.py")
        Path(tree, "a.py").write_text("edited after it was read\n")
        return answer

    cache, compute = QueryCache(MIB), Computing(slow)
    cache.answer(1, "q", tree, compute)
    cache.answer(1, "q", tree, compute)
    assert compute.times == 2


@pytest.mark.parametrize(
    "incomplete",
    [
        {"partial": True},
        {"explain": {"query": "q"}},
        {"stale": 1},
        {"notes": ["searched without vectors: no server"]},
    ],
)
def test_answers_that_may_be_better_next_time_are_not_kept(tree: str, incomplete: dict[str, object]) -> None:
    cache, compute = QueryCache(MIB), Computing(lambda: result("a.py", **incomplete))
    cache.answer(1, "q", tree, compute)
    cache.answer(1, "q", tree, compute)
    assert (compute.times, cache.counts().entries) == (2, 0)


def test_the_least_recently_used_goes_first(tree: str) -> None:
    cache, compute = QueryCache(MIB, most_entries=2), Computing(result("a.py"))
    for question in ("old", "used", "old", "new"):
        cache.answer(1, question, tree, compute)
    assert compute.times == 3
    cache.answer(1, "old", tree, compute)
    assert compute.times == 3
    cache.answer(1, "used", tree, compute)
    assert compute.times == 4
    assert cache.counts().evictions == 2


def test_the_bound_in_bytes_holds(tree: str) -> None:
    cache = QueryCache(MIB)
    for number in range(300):
        cache.answer(1, number, tree, lambda: result("a.py", text="x" * 10_000))
        assert cache.counts().bytes <= MIB
    counts = cache.counts()
    assert counts.entries + counts.evictions == 300
    assert 80 <= counts.entries <= 104
    large = Computing(result("a.py", text="x" * (MIB // 4)))
    cache.answer(1, "large", tree, large)
    assert cache.counts().entries == counts.entries, "one answer does not drive out all others"
    cache.clear()
    assert (cache.counts().entries, cache.counts().bytes) == (0, 0)


def test_the_bytes_are_those_that_python_allocates(tree: str) -> None:
    cache = QueryCache(64 * MIB)

    def fresh(number: int) -> SearchResult:
        """An answer that shares no object with another one."""
        return SearchResult(
            f"query {number}",
            Mode.EXACT,
            tuple(
                Hit(
                    "".join(("a", ".py")),
                    1000 + line,
                    2000 + line,
                    number / 7 + line,
                    "python",
                    f"f{number}.{line}",
                    f"text {number} " * (line + 1),
                    (Match(1000 + line, 500 + number, 300 + line), Match(1000 + line, 600 + number, 6)),
                )
                for line in range(20)
            ),
            SearchStats(skipped={"binary": 500 + number}, bytes_read=10**6 + number),
        )

    cache.answer(1, "warm", tree, lambda: fresh(0))
    tracemalloc.start()
    try:
        before, told = tracemalloc.get_traced_memory()[0], cache.counts().bytes
        for number in range(1, 300):
            question = (f"query {number}", SearchOptions(limit=400 + number))
            cache.answer(1, question, tree, lambda number=number: fresh(number))  # type: ignore[misc]
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    measured = cache.counts().bytes - told
    assert cache.counts().entries == 300
    assert 0.95 < measured / grown < 1.1


def test_who_has_little_time_does_not_wait_for_who_has_more(tree: str, threads: ThreadPoolExecutor) -> None:
    cache, compute = QueryCache(MIB), Gate(lambda: result("a.py"))
    (patient,) = _ask(cache, threads, tree, compute, 0)
    hasty = cache.answer(1, "q", tree, lambda: result(partial=True), patience=5)
    assert hasty.stats.partial
    compute.open.set()
    assert patient.result(timeout=30).hits
    assert cache.answer(1, "q", tree, lambda: result(partial=True), patience=5).hits, "kept for everybody"


@pytest.mark.parametrize(
    ("mode", "one", "other", "same"),
    [
        (Mode.WORDS, "parse  config ", "parse config", True),
        (Mode.HYBRID, "parse\nconfig", "parse config", True),
        (Mode.AUTO, "parse  config", "parse config", True),
        (Mode.AUTO, "parse config", "config parse", False),
        (Mode.AUTO, '"a.b"', "a.b", False),  # why the mode was chosen differs
        (Mode.EXACT, "a  b", "a b", False),
        (Mode.REGEX, "a  b", "a b", False),
        (Mode.QUERY, "retry  AND (lang:go)", "retry lang:go", True),
        (Mode.QUERY, "retry lang:go", "retry lang:c", False),
    ],
)
def test_questions_that_are_the_same(mode: Mode, one: str, other: str, same: bool) -> None:
    options = SearchOptions(mode=mode)
    assert (question_of(one, options) == question_of(other, options)) == same


def test_other_options_make_another_question() -> None:
    plain = question_of("a", SearchOptions())
    assert plain != question_of("a", SearchOptions(limit=11))
    assert plain != question_of("a", SearchOptions(mode=Mode.EXACT))
    assert plain == question_of("a", SearchOptions(timeout_ms=100)), "complete answers only are kept"


def test_questions_whose_answers_are_not_kept() -> None:
    assert question_of("a", SearchOptions(explain=True)) is None
    assert question_of(" ", SearchOptions()) is None
    assert question_of("retry modified:<7d", SearchOptions(mode=Mode.QUERY)) is None
    assert question_of("retry modified:>2026-01-31", SearchOptions(mode=Mode.QUERY)) is not None


def test_deep_bytes_counts_what_is_shared_once() -> None:
    text = "x" * 1000
    one = deep_bytes((text,))
    assert one < deep_bytes((text, text)) < one + 100
    assert deep_bytes((text, text + "y")) > 2 * one - 100
    assert deep_bytes([()]) == deep_bytes([frozenset()]) == deep_bytes([None]) == deep_bytes([Mode.AST])


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


class Gate:
    """A computation that waits until it may go on, and then does what `after` says."""

    def __init__(self, after: Callable[[], SearchResult]) -> None:
        self.entered, self.open = threading.Semaphore(0), threading.Event()
        self.times, self._after = 0, after

    def __call__(self) -> SearchResult:
        self.times += 1
        self.entered.release()
        assert self.open.wait(30)
        return self._after()


def _ask(
    cache: QueryCache, threads: ThreadPoolExecutor, tree: str, compute: Gate, askers: int
) -> list[Future[SearchResult]]:
    """One thread that computes, and `askers` that ask the same meanwhile."""
    asking = [threads.submit(cache.answer, 1, "q", tree, compute)]
    assert compute.entered.acquire(timeout=30)
    asking += [threads.submit(cache.answer, 1, "q", tree, compute) for _ in range(askers)]
    return asking


def test_the_same_question_at_once_is_computed_once(tree: str, threads: ThreadPoolExecutor) -> None:
    cache, compute = QueryCache(MIB), Gate(lambda: result("a.py"))
    asking = _ask(cache, threads, tree, compute, 15)
    other = cache.answer(1, "another", tree, lambda: result("b.py"))
    assert other.hits[0].path == "b.py", "nobody waits for another question"
    compute.open.set()
    answers = [future.result(timeout=30) for future in asking]
    assert compute.times == 1
    assert [answer.stats.cached for answer in answers] == [False] + [True] * 15
    assert len({id(answer.stats) for answer in answers}) == 16
    counts = cache.counts()
    assert (counts.misses, counts.joined + counts.hits) == (2, 15)


def test_an_error_is_everybodys(tree: str, threads: ThreadPoolExecutor) -> None:
    def fail() -> SearchResult:
        raise QueryError("no")

    cache, compute = QueryCache(MIB), Gate(fail)
    asking = _ask(cache, threads, tree, compute, 5)
    compute.open.set()
    for future in asking:
        assert isinstance(future.exception(timeout=30), QueryError)
    with pytest.raises(QueryError):
        cache.answer(1, "q", tree, compute)
    assert cache.answer(1, "q", tree, lambda: result("a.py")).stats.cached is False, "errors are not kept"


def test_one_of_those_that_wait_takes_over_from_an_interrupted_one(
    tree: str, threads: ThreadPoolExecutor
) -> None:
    def interrupted_once() -> SearchResult:
        if compute.times == 1:
            raise KeyboardInterrupt
        return result("a.py")

    cache, compute = QueryCache(MIB), Gate(interrupted_once)
    first, *others = _ask(cache, threads, tree, compute, 10)
    compute.open.set()
    assert isinstance(first.exception(timeout=30), KeyboardInterrupt)
    assert [future.result(timeout=30).hits[0].path for future in others] == ["a.py"] * 10
    assert compute.times == 2


def test_who_asks_after_an_edit_does_not_get_the_answer_from_before(
    tree: str, threads: ThreadPoolExecutor
) -> None:
    lines = []

    def read() -> SearchResult:
        lines.append(Path(tree, "a.py").read_text())
        return result("a.py", text=lines[-1])

    class Slow(Gate):
        def __call__(self) -> SearchResult:
            answer = read()
            super().__call__()
            return answer

    cache, compute = QueryCache(MIB), Slow(lambda: result())
    asking = [threads.submit(cache.answer, 1, "q", tree, compute)]
    assert compute.entered.acquire(timeout=30)
    Path(tree, "a.py").write_text("after\n")
    asking.append(threads.submit(cache.answer, 1, "q", tree, compute))
    compute.open.set()
    assert asking[0].result(timeout=30).hits[0].text == "needle\n"
    assert asking[1].result(timeout=30).hits[0].text == "after\n"


def test_many_threads_many_questions(tree: str, threads: ThreadPoolExecutor) -> None:
    cache = QueryCache(MIB, most_entries=10)

    def ask(number: int) -> None:
        for step in range(200):
            question = (number * 7 + step) % 25
            identity = step // 50
            computed = result("a.py", text=str(question))
            answer = cache.answer(identity, question, tree, Computing(computed))
            assert answer.hits[0].text == str(question)

    for future in [threads.submit(ask, number) for number in range(16)]:
        future.result(timeout=60)
    counts = cache.counts()
    assert counts.hits + counts.joined + counts.misses == 16 * 200
    assert counts.entries <= 10
    cache.clear()
    assert cache.counts().bytes == 0
