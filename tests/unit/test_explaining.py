"""How an answer came about, as text."""

from __future__ import annotations

from codelode.model import Hit
from codelode.surfaces.explaining import explanation, ordered, profile, signals

HIT = Hit("a.c", 3, 4, 1.0, "c", "", "x\ny", ())


def told(explain, hits=()) -> str:
    return "".join(explanation(explain, hits, lambda path: f"./{path}"))


def test_nested_things_are_a_tree():
    assert told(
        {"tree": {"and": ["retry", {"or": ["b", {"not": "c"}]}]}, "n": 3000, "none": [], "yes": True}
    ) == ("tree:\n  and:\n    retry\n    or:\n      b\n      not: c\nn: 3,000\nnone: nothing\nyes: yes\n")
    assert told({"words": {"parse": 2.953125, "config": 1}, "names": ["a", "b"]}) == (
        "words:\n  parse: 2.953\n  config: 1\nnames: a, b\n"
    )


def test_rows_are_a_table():
    plan = [
        {"step": "filter", "atom": "lang:go", "estimated": 1200, "real": 1180},
        {"step": "words", "atom": "retry", "estimated": 31, "real": None},
    ]
    assert told({"plan": plan}) == (
        "plan:\n"
        "  step    atom     estimated   real\n"
        "  filter  lang:go      1,200  1,180\n"
        "  words   retry           31\n"
    )


def test_signals_stand_with_their_hits():
    row = {"path": "a.c", "line": 3, "total": 1.234, "signals": {"path": 0.2, "words": 1.03, "depth": -0.001}}
    assert signals({"hits": [row]}) == {("a.c", 3): "1.23 = words 1.03, path 0.20"}
    assert told({"hits": [row]}, [HIT, HIT._replace(path="b.c")]) == (
        "hits:\n  hit      score\n  ./a.c:3  1.23 = words 1.03, path 0.20\n"
    )
    assert told({"hits": [row]}) == ""
    many = row | {"signals": {f"s{number}": 1.0 for number in range(10)}}
    assert signals({"hits": [many]})["a.c", 3].endswith(", s7 1.00, 2 more")


def test_stages_come_in_the_order_of_a_search():
    stages = {"rank": 1.0, "odd": 2.0, "parse": 3.0, "render": 4.0, "refresh": 5.0}
    assert list(ordered(stages)) == ["refresh", "parse", "rank", "odd", "render"]


def test_a_profile_is_aligned_and_adds_up():
    lines = list(profile({"refresh": 60.0, "match": 30.0}, 100.0, bars=True))
    assert lines == [
        f"refresh       60.00 ms   60.0 %  {'█' * 30}\n",
        f"match         30.00 ms   30.0 %  {'█' * 15}\n",
        f"other         10.00 ms   10.0 %  {'█' * 5}\n",
        "total        100.00 ms\n",
    ]
    assert next(profile({"match": 100.0}, 100.0, bars=False)) == "match      100.00 ms  100.0 %\n"
    assert list(profile({}, 0.0, bars=True)) == ["total        0.00 ms\n"]
