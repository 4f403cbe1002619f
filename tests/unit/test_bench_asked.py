"""Questions in the query language are drawn from a tree, and their figures become rows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from bench import asked, corpora, language
from bench.asked import Asked
from bench.measure import BenchError

from codelode.query import ast
from codelode.query.parser import parse_query

ROOT = Path(__file__).parents[2]
SOURCE = """\
/* initialize the {0} device before the others wait for it */
static int board_{0}_probe(struct platform_device *device)
{{
	return board_register_{0}(device, mutex_lock_{0}(&device->lock));
}}
"""
COUNT = 12


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> corpora.Corpus:
    folder = tmp_path_factory.mktemp("tree")
    for number in range(30):
        path = folder / f"drivers/part{number % 3}/chip{number}.c"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SOURCE.format(f"chip{'abcdefghij'[number % 10]}{number}"), encoding="utf-8")
    return corpora.counted("tree", folder)


def test_so_many_different_ones_of_each_kind(tree: corpora.Corpus) -> None:
    drawn = asked.questions(tree, COUNT)
    assert tuple(drawn) == asked.KINDS
    assert all(len({each.text for each in own}) == COUNT for own in drawn.values())
    assert drawn == asked.questions(tree, COUNT)
    assert drawn != asked.questions(tree, COUNT, seed=1)


def test_each_is_of_its_kind(tree: corpora.Corpus) -> None:
    drawn = asked.questions(tree, COUNT)
    wanted = {"phrase": ast.Phrase, "NEAR": ast.Near, "wildcard": ast.Wildcard, "fuzzy": ast.Fuzzy}
    for kind, own in drawn.items():
        for each in own:
            root = parse_query(each.text).root
            if kind in wanted:
                assert isinstance(root, wanted[kind]), each
            else:
                assert isinstance(root, ast.And), each
            assert bool(each.zoekt) == (kind not in ("NEAR", "fuzzy"))
    regexes = [parse_query(each.text).root for each in drawn["filtered regex"]]
    assert all(
        isinstance(root, ast.And) and any(isinstance(p, ast.Pattern) for p in root.parts) for root in regexes
    )


def test_the_same_in_every_process(tree: corpora.Corpus) -> None:
    """Nothing depends on how strings are hashed."""
    program = (
        "import sys; from pathlib import Path; from bench import asked, corpora;"
        f"print(asked.questions(corpora.counted('tree', Path(sys.argv[1])), {COUNT}))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program, str(tree.path)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


def test_a_tree_with_too_little_in_it(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text("int a;\n")
    with pytest.raises(BenchError, match="boolean of 3 words"):
        asked.questions(corpora.counted("tree", tmp_path), 5)


def test_rows_stand_beside_target_and_peer() -> None:
    own = [Asked("a b c", "a b c"), Asked("d e f", "d e f")]
    taken = language.Kind(
        times=[[1.0, 9.0], [3.0, 9.0], [2.0, 9.0]],
        peer=[[4.0, 8.0], [4.0, 10.0]],
        stages=[{"parse": 1.0}, {"parse": 2.0, "match": 4.0}],
        found=[10, 0],
    )
    half, tail = language.rows("boolean of 3 words", taken, own)
    assert half.value is not None
    assert (half.value.median, half.target, half.reached) == (5.5, 5, False)
    assert half.peer_value == 6.5
    assert "1 of them without a match" in half.note
    assert half.detail["stages_ms"] == {"parse": 1.5, "match": 2.0}
    assert [each["question"] for each in half.detail["slowest"]] == ["d e f", "a b c"]
    assert (tail.target, tail.reached) == (100, True)


def test_a_kind_without_a_counterpart_says_so() -> None:
    taken = language.Kind(times=[[1.0]], stages=[{}], found=[1])
    half, _ = language.rows("NEAR", taken, [Asked("a NEAR/5 b")])
    assert (half.peer, half.note) == ("", "1 questions; not in zoekt's language")
