"""Which hits of an answer are given."""

from __future__ import annotations

from dataclasses import replace

import pytest
from trees import write_tree

from codelode.app import Index
from codelode.model import Hit, Mode, SearchOptions
from codelode.search import selection


def hit(path: str, line: int) -> Hit:
    return Hit(path, line, line, 1.0, "", "", "x", ())


RANKING = [hit(path, line) for line in range(1, 101) for path in "aaaaab"]


class Engine:
    """Gives the first hits of `RANKING`, and notes how many it was asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, options: SearchOptions) -> list[Hit]:
        assert options.offset == 0
        self.asked.append(options.limit)
        return RANKING[: options.limit]


def test_an_offset_leaves_out_the_first():
    engine = Engine()
    options = SearchOptions(mode=Mode.WORDS, limit=4, offset=3)
    assert selection.select(engine, options) == RANKING[3:7]
    assert engine.asked == [7]
    assert selection.select(engine, replace(options, offset=10_000)) == []


def test_more_is_asked_for_until_enough_are_left_of_each_file():
    engine = Engine()
    options = SearchOptions(mode=Mode.WORDS, limit=4, max_per_file=2)
    assert selection.select(engine, options) == [hit("a", 1), hit("a", 1), hit("b", 1), hit("b", 2)]
    assert engine.asked == [4, 16]
    assert selection.select(engine, replace(options, limit=3, offset=2)) == [hit("b", 1), hit("b", 2)]
    assert engine.asked[-1] > len(RANKING)


def test_modes_that_bound_files_themselves_are_asked_once():
    engine = Engine()
    options = SearchOptions(mode=Mode.EXACT, limit=4, max_per_file=2, offset=1)
    assert selection.select(engine, options) == RANKING[1:5]
    assert engine.asked == [5]


def test_all_matches_are_cut_as_they_come():
    options = SearchOptions(mode=Mode.EXACT, all_matches=True, offset=1, max_per_file=2)
    every = [hit("a", 1), hit("a", 2), hit("a", 3), hit("b", 1)]
    assert list(selection.stream(iter(every), options)) == [hit("a", 2), hit("b", 1)]
    assert selection.select(lambda _: every, options) == [hit("a", 2), hit("b", 1)]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    files = {
        f"m{n}.py": "".join(
            f"def parse_{n}_{m}(config):\n    return config.read({m})\n\n" * 40 for m in range(5)
        )
        for n in range(6)
    }
    with Index(write_tree(tmp_path_factory.mktemp("tree"), files), index_dir=".codelode") as made:
        made.refresh()
        yield made


@pytest.mark.parametrize(
    ("mode", "query"),
    [
        ("exact", "config"),
        ("regex", "con.ig"),
        ("words", "parse config"),
        ("hybrid", "parse config"),
        ("symbol", "parse"),
        ("ast", "$A.read($B)"),
    ],
)
def test_every_mode_bounds_the_hits_of_a_file(index, mode, query):
    languages = ["python"] if mode == "ast" else []
    asked = {"mode": mode, "languages": languages}
    hits = index.search(query, limit=6, max_per_file=1, **asked).hits
    assert len({hit.path for hit in hits}) == len(hits) == 6
    later = index.search(query, limit=3, max_per_file=1, offset=3, **asked).hits
    assert later == hits[3:]
    plain = index.search(query, limit=5, **asked).hits
    assert index.search(query, limit=3, offset=2, **asked).hits == plain[2:]


@pytest.mark.parametrize(
    ("mode", "query"), [("exact", "config"), ("symbol", "parse"), ("ast", "$A.read($B)")]
)
def test_so_do_all_matches(index, mode, query):
    asked = {"mode": mode, "languages": ["python"] if mode == "ast" else []}
    every = list(index.stream(query, max_per_file=2, **asked))
    assert [hit.path for hit in every] == [f"m{n}.py" for n in range(6) for _ in range(2)]
    assert list(index.stream(query, max_per_file=2, offset=3, **asked)) == every[3:]


def test_beyond_the_last_hit_is_nothing_else(index):
    """No other mode is tried because a page is empty."""
    assert index.search("parse_1_1(", limit=10).mode is Mode.EXACT
    beyond = index.search("parse_1_1(", limit=10, offset=1000)
    assert (beyond.mode, beyond.hits) == (Mode.EXACT, ())
