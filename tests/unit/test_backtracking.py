"""Patterns beyond RE2: real worker processes, budgets, and what becomes of files that take too long."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from codelode import processes
from codelode.errors import PatternError
from codelode.model import Case, SearchOptions, SearchStats
from codelode.query.trees import ALL
from codelode.search.budget import Budget
from codelode.search.patterns import CompiledPattern, compile_pattern
from codelode.search.regexpool import MAX_IDLE, POOL, Worker, WorkerDiedError, WorkerPool
from codelode.search.regexwire import DONE, GAVE_UP, UNSEEN

SLOW = r"(a|aa)+(?=;)"
"""takes for ever on a row of a"""
BAIT = b"a" * 60 + b"!\n"


def found(source: str, text: str, case: Case = Case.SENSITIVE) -> list[str]:
    compiled = compile_pattern(source, case)
    assert compiled.engine == "regex"
    encoded = text.encode()
    spans = compiled.matcher.find_all(encoded)
    assert compiled.matcher.matches(encoded) == bool(spans)
    return [encoded[start:end].decode() for start, end in spans]


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        (r"\p{Alphabetic}+", "aⒷé1", ["aⒷé"]),
        (r"[^\p{Uppercase}\s]", "aA\nⒷ", ["a"]),
        (r"foo(?=bar)", "foo foobar", ["foo"]),
        (r"(?<=é)\w", "éa ab éé", ["a", "é"]),
        (r"(\w+) = \1;", "été = été; a = b;", ["été = été;"]),
        (r"\((?:[^()]|(?R))*\)", "f(é(b)) (c", ["(é(b))"]),
        (r"foo\K\w", "fooé foo", ["é"]),
        (r"\X", "e\u0301a\r\n", ["e\u0301", "a", "\r"]),
        (r"a(?=\s)", "a\nb a b", ["a"]),  # the end of a line is no white space
        (r"a(?!\W)", "a\na,ab", ["a", "a"]),
        (r"(?=a)[^x]+", "ab\ncd\nae", ["ab", "ae"]),
        (r"^(?!.*b).*$", "ab\nc\n\nd\n", ["c", "", "d"]),
        (r"(?=a)", "aab", ["", ""]),
        (r"\<a\>", "a ab é\u0301a a", ["a", "a"]),
        (r"(a)\n\1", "a\na\nb", ["a\na"]),
        (r"\Aa(?!b)", "a\na\n", ["a", "a"]),
        (r"\Aa(?!b)\n", "a\na\n", ["a\n"]),
        (r"(?s)a(?!b).+", "ab\na\nc", ["a\nc"]),
        (r"\S\Z(?!x)", "a b\nc", ["b", "c"]),
    ],
)
def test_matches(source: str, text: str, expected: list[str]) -> None:
    assert found(source, text) == expected


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("task(?!x)", "TASK ta\u017fk tas\u212a taskX", ["TASK", "ta\u017fk", "tas\u212a"]),
        ("straße(?!x)", "STRASSE STRAẞE straße", ["STRAẞE", "straße"]),
        ("i(?!x)", "I İ ı i", ["I", "i"]),
        ("[k-s](?!x)", "K \u212a \u017f t", ["K", "\u212a", "\u017f"]),
        ("[^k](?=;)", "k;K;\u212a;a;", ["a"]),
        (r"\p{Lu}(?=;)", "a;A;1;", ["a", "A"]),
        (r"\p{Alphabetic}(?=;)", "a;Ⓐ;1;", ["a", "Ⓐ"]),
        ("σ(?!x)", "Σσς", ["Σ", "σ", "ς"]),
        (r"(a)\1", "aA", ["aA"]),
    ],
)
def test_case_folds_as_with_re2(source: str, text: str, expected: list[str]) -> None:
    assert found(source, text, Case.IGNORE) == expected


def test_bytes_that_are_not_utf8_keep_their_places() -> None:
    matcher = compile_pattern("a(?=b)", Case.SMART).matcher
    assert matcher.find_all(b"\xff\xe9 ab \xc3\xa9 ab") == [(3, 4), (9, 10)]


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        (r"\p{Nonesuch}(?=a)", "unknown property"),
        (r"(?<=a)[[:foo:]]", "no such POSIX class"),
        ("(?=a", "never closed"),
    ],
)
def test_what_is_wrong_is_said(source: str, wrong: str) -> None:
    with pytest.raises(PatternError, match=wrong):
        compile_pattern(source, Case.SMART)


def test_only_lines_that_may_match_are_sent() -> None:
    """The worker would need for ever for the first line."""
    budget = Budget(2)
    compiled = compile_pattern(r"(a|aa)+;(?!x)", Case.SMART, budget)
    assert compiled.matcher.find_all(BAIT + b"caa;\n") == [(63, 66)]
    assert not budget.given_up


def test_places_in_texts_of_which_all_or_some_lines_are_sent() -> None:
    rows = ["é", "aé b", "ab", "ab b", ""]
    for often in (1, 3, 40):
        for dense in (rows[:4], rows[1:2], rows):
            text = "\n".join(row for row in dense for _ in range(often)) + "\n" + "\n".join(rows * 5)
            expected, at = [], 0
            for line in text.split("\n"):
                places = [match.span() for match in re.finditer("a.? b|a(?=b)", line)]
                expected += [(at + len(line[:a].encode()), at + len(line[:b].encode())) for a, b in places]
                at += len(line.encode()) + 1
            assert compile_pattern("a.? b|a(?=b)", Case.SMART).matcher.find_all(text.encode()) == expected


def test_what_a_pattern_asks_of_files() -> None:
    assert compile_pattern(r"(?!x).*", Case.SMART).tree == ALL
    assert compile_pattern(r"(?=x)needle\1?()", Case.SMART).tree == compile_pattern("needle", Case.SMART).tree


@pytest.fixture(scope="module")
def tired() -> tuple[CompiledPattern, list[list[tuple[int, int]]]]:
    """A pattern that met two bad files, the second when its budget was nearly over, and good ones."""
    budget = Budget(0.5)
    compiled = compile_pattern(SLOW, Case.SMART, budget)
    texts = [b"aa;\nb", b"aa;\n" + BAIT + b"aa;\n", b"a;", *[BAIT] * 20, b"a;"]
    return compiled, compiled.find_in_files(texts)


def test_a_file_that_takes_too_long_is_given_up_and_the_rest_goes_on(
    tired: tuple[CompiledPattern, list[list[tuple[int, int]]]],
) -> None:
    compiled, spans = tired
    assert spans[:3] == [[(0, 2)], [(0, 2)], [(0, 1)]]  # what came before the bad line is kept
    assert compiled.budget
    assert compiled.budget.given_up >= 1


def test_when_the_budget_is_over_the_rest_is_not_looked_at(
    tired: tuple[CompiledPattern, list[list[tuple[int, int]]]],
) -> None:
    compiled, spans = tired
    budget = compiled.budget
    assert budget
    assert budget.over
    assert budget.unseen >= 2
    assert spans[-1] == []
    before = budget.unseen
    assert compiled.matcher.find_all(b"aa;") == []
    assert budget.unseen == before + 1
    stats = SearchStats()
    budget.report(stats)
    assert stats.partial
    given_up, unseen = stats.notes
    assert (
        given_up
        == f"/{SLOW}/ took longer than 0.05 s in {budget.given_up} files: matches there may be missing"
    )
    assert unseen == (
        f"/{SLOW}/ took longer than the 0.5 s it may (setting regex_budget_s): "
        f"{budget.unseen} files were not looked at"
    )


def test_a_budget_that_suffices_says_nothing() -> None:
    budget, stats = Budget(5), SearchStats()
    assert compile_pattern("a(?!b)", Case.SMART, budget).matcher.find_all(b"a ab") == [(0, 1)]
    budget.report(stats)
    assert not stats.partial
    assert stats.notes == []
    assert 0 < budget.spent < 5


def test_the_budget_is_no_longer_than_the_search() -> None:
    assert Budget.of(SearchOptions(regex_budget_s=3)).seconds == 3
    assert Budget.of(SearchOptions(regex_budget_s=3, timeout_ms=500)).seconds == 0.5


def test_a_worker_says_how_each_text_ended() -> None:
    worker = Worker()
    try:
        worker.load(SLOW, can_be_empty=False)
        ends = list(worker.find([b"aa;", BAIT, b"a;"], each=0.05, total=30, first=False))
        assert [one.end for one in ends] == [DONE, GAVE_UP, DONE]
        ends = list(worker.find([BAIT, b"a"], each=0.05, total=0.04, first=False))
        assert [one.end for one in ends] == [GAVE_UP, UNSEEN]
        with pytest.raises(PatternError, match="refused"):
            worker.load("(", can_be_empty=False)
        worker.load("a", can_be_empty=False)
        assert [one.spans for one in worker.find([b"aa"], each=1, total=1, first=True)] == [[(0, 1)]]
    finally:
        worker.stop()


def test_a_dead_worker_is_noticed_and_replaced() -> None:
    pool = WorkerPool()
    with pool.lease("x") as worker:
        worker.load("x", can_be_empty=False)
    worker._process.kill()
    worker._process.wait()
    with pool.lease("x") as another:
        assert another is not worker
        another.load("x", can_be_empty=False)
        another._process.kill()
        with pytest.raises(WorkerDiedError, match="status"):
            list(another.find([b"x"], each=1, total=1, first=False))
    pool.stop()


def test_one_that_dies_in_a_text_costs_that_text_only() -> None:
    """Killed from outside while it works on the second text."""
    budget = Budget(1000)  # a hundred seconds a file
    compiled = compile_pattern(SLOW, Case.SENSITIVE, budget)
    (worker,) = [worker for worker in POOL._idle if "aa" in worker.loaded]
    threading.Timer(0.3, worker._process.kill).start()
    assert compiled.find_in_files([b"a;", BAIT, b"aa;"]) == [[(0, 1)], [], [(0, 2)]]
    assert (budget.given_up, budget.unseen) == (1, 0)
    assert not worker.alive


def test_idle_workers_are_used_again_and_bounded() -> None:
    pool = WorkerPool()
    with pool.lease("a") as first:
        first.load("a", can_be_empty=False)
    with pool.lease("b") as second:
        assert second is first  # idle, whatever it has loaded
        second.load("b", can_be_empty=False)
        with pool.lease("a") as third, pool.lease("a") as fourth:
            assert len({first, third, fourth}) == 3
            third.load("a", can_be_empty=False)
    assert len(pool._idle) == MAX_IDLE
    with pool.lease("a") as again:
        assert again is third  # the one that knows the pattern
    pool.stop()
    assert not first.alive
    assert not third.alive
    assert not fourth.alive


def test_a_worker_is_not_kept_when_its_user_is_interrupted() -> None:
    pool = WorkerPool()
    with pytest.raises(KeyboardInterrupt), pool.lease("a") as worker:
        raise KeyboardInterrupt
    assert not worker.alive
    assert pool._idle == []


def test_several_threads() -> None:
    compiled = compile_pattern(r"(\w)\1", Case.SMART)
    texts = [f"{'é' * (i % 5)} aa {i}".encode() for i in range(40)]
    expected = [compiled.matcher.find_all(text) for text in texts]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(compiled.matcher.find_all, texts)) == expected


def test_workers_end_with_the_process_that_started_them() -> None:
    script = (
        "from codelode.model import Case\n"
        "from codelode.search.patterns import compile_pattern\n"
        "from codelode.search.regexpool import POOL\n"
        "compile_pattern('a(?!b)', Case.SMART)\n"
        "print(POOL._idle[0]._process.pid)\n"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True
    )
    assert run.stderr == ""
    with pytest.raises(ProcessLookupError):
        os.kill(int(run.stdout), 0)


def test_nothing_is_imported_from_the_folder_it_runs_in(tmp_path) -> None:
    (tmp_path / "regex.py").write_text("raise SystemExit('imported from the tree')")
    run = subprocess.run(
        processes.command("codelode.search.regexworker"),
        input=b"",
        capture_output=True,
        cwd=tmp_path,
        env=processes.environment(),
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")
