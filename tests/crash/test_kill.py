"""Kills of a real index process at random moments; bench/soak.py does the same for hours."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest
from trees import answers, contents, environment, fresh, kill_group, run, settle, start, write_tree

from codelode.app import Index

KILLS = 15
FILES = 300


def text(turn: int, number: int) -> str:
    name = "".join("abcdefghij"[int(digit)] for digit in str(number))
    return (
        f"always turn{turn}x file{number} named{name}\n"
        + f"some more words of {number * 7919 % 1000}\n" * 150
    )


@pytest.mark.skipif(os.name != "posix", reason="kills process groups")
@pytest.mark.parametrize("seed", [1])
def test_killed_anywhere_the_old_or_the_new_snapshot_is_seen(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    root = write_tree(tmp_path / "tree", {f"d{n % 7}/f{n}.txt": text(0, n) for n in range(FILES)})
    index_dir = str(tmp_path / "index")
    env = environment(tmp_path, CODELODE_INDEX_DIR=index_dir, CODELODE_JOBS="1")
    began = time.monotonic()
    assert run("index", str(root), env=env).returncode == 0
    usual = time.monotonic() - began
    seen = 0
    """the newest turn that a reader has seen"""
    outcomes = []
    with Index(root, index_dir=index_dir) as index:
        for turn in range(1, KILLS + 1):
            changed = dice.sample(range(FILES), dice.choice([5, 100, FILES]))
            write_tree(root, {f"d{n % 7}/f{n}.txt": text(turn, n) for n in changed})
            write_tree(root, {f"new/t{turn}.txt": text(turn, turn)})
            (root / "new" / f"t{turn - 3}.txt").unlink(missing_ok=True)
            flags = ["--rebuild"] if turn % 5 == 0 else []
            process = start("index", *flags, str(root), env=env)
            time.sleep(dice.uniform(0.15, 1.0) * usual)
            kill_group(process)
            outcomes.append(process.returncode)
            # A snapshot that knows turn N's new file has every file's text of turn N: all its matches are found.
            wanted = index.search(f"turn{turn}x", mode="exact", all_matches=True)
            new = wanted.stats.candidates > 0
            assert wanted.stats.candidates in (0, len(changed) + 1), (turn, outcomes)
            assert new or process.returncode != 0, "a finished build is a commit"
            seen = turn if new else seen
            assert index.search(f"turn{seen}x", mode="exact").stats.candidates > 0
            if turn % 5 == 4:
                assert index.verify() == []
        assert -9 in outcomes
        settle(root)
        index.refresh()
        asked = [
            ("exact", "always"),
            ("exact", f"turn{KILLS}x"),
            ("regex", r"file\d\d\b"),
            ("words", "namedhh"),
        ]
        with fresh(root, tmp_path / "fresh") as expected:
            assert contents(index.location) == contents(expected.location)
            assert answers(index, asked) == answers(expected, asked)
        assert index.verify() == []
        live = index.status().segments
        assert len(list(Path(index_dir, "segments").iterdir())) == live, "leftovers are collected"
