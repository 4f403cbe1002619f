"""Answers do not depend on how files are spread over segments."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from trees import Answer, answers, contents, fresh, settle, write_tree

from codelode.app import Index

PARTS = 7
NOUNS = ["parser", "reader", "config", "buffer", "socket", "token", "index", "segment", "catalog", "worker"]
VERBS = ["parse", "read", "write", "merge", "commit", "search", "close", "open", "lock", "flush"]


def corpus(seed: int, files: int) -> dict[str, str]:
    """Source of functions named after verbs and nouns, of very unequal lengths and places."""
    dice = random.Random(seed)
    made = {}
    for number in range(files):
        lines = ["from core import parse_reader"] * (number % 4 == 0)
        for _ in range(dice.choice([1, 2, 3, 12])):
            verb, noun, other = dice.choice(VERBS), dice.choice(NOUNS), dice.choice(NOUNS)
            style = dice.choice([f"{verb}_{noun}", f"{verb}{noun.title()}", f"{noun}{verb.title()}2"])
            lines += [f"def {style}({other}):", f"    # {verb} the {noun} of {other} {number}"]
            lines += [f"    {other}.{dice.choice(VERBS)}({dice.choice(NOUNS)})"] * dice.randrange(4)
            lines += ["    parse_reader(other)"] * (dice.random() < 0.2)
        name = f"{dice.choice(NOUNS)}/{dice.choice(VERBS)}_{number}.py"
        made[name] = "\n".join(lines) + "\n"
    made["core.py"] = "def parse_reader(reader):\n    return reader\n"
    return made


def queries(seed: int) -> list[tuple[str, str]]:
    dice = random.Random(seed)
    words = [" ".join(dice.sample(NOUNS + VERBS, dice.choice([1, 2, 2, 3]))) for _ in range(60)]
    ranked = [(mode, query) for mode in ("hybrid", "semantic") for query in words[:25]]
    return [("words", query) for query in words] + [
        *ranked,
        ("exact", "def parse_"),
        ("exact", "Config"),
        ("regex", r"def \w+2\(\w+\):$"),
        ("regex", r"(?i)READER\.(open|close)"),
        *[("symbol", query) for query in ("parse_reader", "parse", "pR", "oken", "serch_index")],
        ("outline", ""),
        ("refs", "parse_reader"),
        ("callers", "parse_reader"),
    ]


def spread(folder: Path, files: dict[str, str], seed: int) -> Index:
    """An index of the files in `PARTS` segments, with tombstones of files that came and went."""
    dice = random.Random(seed)
    names = sorted(files)
    dice.shuffle(names)
    root = folder / "tree"
    root.mkdir()
    index = Index(root, index_dir=str(folder / "seven"))
    for part in range(PARTS):
        write_tree(root, {name: files[name] for name in names[part::PARTS]})
        if part < PARTS - 1:
            write_tree(root, {f"gone/{part}_{n}.py": "parser reader " * n for n in range(1, 4)})
            # A file of the next part, as it was before.
            write_tree(root, {names[part + 1]: "parse config reader socket\n" * 5})
        index.refresh(thorough=False)
        for path in root.glob("gone/*"):
            path.unlink()
    (root / "gone").rmdir()
    settle(root)
    index.refresh(thorough=False)
    return index


@pytest.mark.parametrize("seed", range(3))
def test_one_segment_and_seven_answer_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr("codelode.ingest.plan.MERGE_FACTOR", 99)  # small segments would be merged at once
    files = corpus(seed, files=60)
    seven = spread(tmp_path, files, seed)
    one = fresh(tmp_path / "tree", tmp_path / "one")
    assert seven.status().segments == PARTS
    assert seven.status().tombstones > 10
    assert one.status().segments == 1
    asked = queries(seed)
    expected: dict[tuple[str, str], Answer] = answers(one, asked)
    found = answers(seven, asked)
    assert sum(map(bool, expected.values())) > 50
    answered = {mode for (mode, _), answer in expected.items() if answer}
    assert answered == {
        "words",
        "hybrid",
        "semantic",
        "exact",
        "regex",
        "symbol",
        "outline",
        "refs",
        "callers",
    }
    for query in asked:
        assert found[query] == expected[query], query
    assert contents(seven.location) == contents(one.location)
    seven.close()
    one.close()


def test_merging_changes_no_answer(tmp_path: Path) -> None:
    files = corpus(9, files=40)
    asked = queries(9)
    root = tmp_path / "tree"
    with fresh(write_tree(root, {}), tmp_path / "index") as index, tempfile.TemporaryDirectory() as other:
        merged = 0
        for number, (name, text) in enumerate(sorted(files.items())):
            write_tree(root, {name: text})
            merged += index.refresh(thorough=False).merged
            if number % 10 == 9:
                settle(root)
                index.refresh(thorough=False)
                with fresh(root, Path(other, "fresh")) as once:
                    assert answers(index, asked) == answers(once, asked)
        assert merged > 10
        assert index.status().segments < 12
        assert index.verify() == []
