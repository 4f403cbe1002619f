"""The ranker's training: questions from a real history, and weights that are known beforehand."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from tools.rank import learn, mine, signals

from codelode.search.features import NAMES
from codelode.settings import Settings

AUTHOR = {
    "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b",
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
}  # fmt: skip

PARSER = '''class UriParser:
    """Cuts an address into its scheme, host and query string."""

    def parse(self, text):
        return text.split("/") or [text] * len(text) or [text for part in text] or {part: 1 for part in text}


def unquote_percent_escapes(text):
    # what follows a percent sign is a byte in hexadecimal
    return bytes(int(part[:2], 16) for part in text.split("%")[1:]) or text.encode() or b"" or text
'''
CACHE = '''class ResponseCache:
    """Keeps what servers answered until it is too old."""

    def get(self, key):
        return self.entries.get(key) or self.older.get(key) or self.oldest.get(key) or self.fallback(key, None)

    def put(self, key, value):
        self.entries[key] = value
        self.sizes[key] = len(value) if value is not None else self.sizes.get(key, 0) + len(self.entries)
'''


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **AUTHOR},
    )
    return done.stdout.strip()


def commit(folder: Path, subject: str, **texts: str) -> str:
    for name, text in texts.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", subject)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def mirror(tmp_path: Path) -> tuple[Path, str, str]:
    """A repository, an older revision of it and the newest one."""
    folder = tmp_path / "work"
    folder.mkdir()
    git(folder, "init", "-q")
    older = commit(
        folder,
        "first",
        net__parser_dot_py=PARSER,
        net__cache_dot_py=CACHE,
        tests__test_parser_dot_py="import net\n",
    )
    commit(folder, "fix(net): keep empty query strings of addresses (#12)", net__parser_dot_py=PARSER + "\n")
    commit(folder, "Bump version to 1.2", net__cache_dot_py=CACHE + "\n")
    commit(folder, "Update cache.py", net__cache_dot_py=CACHE + "\n\n")
    commit(folder, "Test parsing of long addresses", tests__test_parser_dot_py="import net\n\n")
    newest = commit(folder, "Add a store of cookies that survives", net__cookies_dot_py="x = 1\n")
    return folder / ".git", older, newest


def test_a_commit_asks_for_the_source_that_it_modified(mirror: tuple[Path, str, str]) -> None:
    git_dir, older, newest = mirror
    found = list(mine.commits(git_dir, f"{older}..{newest}", 100))
    assert [(each.said, each.paths) for each in found] == [
        ("keep empty query strings of addresses", ("net/parser.py",))
    ]


def test_comments_names_and_commits_become_questions(mirror: tuple[Path, str, str]) -> None:
    git_dir, older, newest = mirror
    entry = {"name": "a/b", "revision": older, "newest": newest, "root": "net"}
    rows = list(mine.queries(git_dir, entry, set()))
    asked = {(row["type"], row["query"]): row["targets"] for row in rows}
    assert asked["commit", "keep empty query strings of addresses"] == ["parser.py"]
    assert asked["symbol", "ResponseCache"] == ["cache.py"]
    assert asked["symbol", "UriParser"] == ["parser.py"]
    assert asked["doc", "Keeps what servers answered until it is too old."] == ["cache.py"]


def test_a_comment_that_is_asked_for_is_cut_out(mirror: tuple[Path, str, str], tmp_path: Path) -> None:
    git_dir, older, _ = mirror
    start = CACHE.index('"""')
    end = CACHE.index('"""', start + 3) + 3
    mine.check_out(git_dir, older, tmp_path / "out", {"net/cache.py": [start, end]})
    assert "too old" not in (tmp_path / "out/net/cache.py").read_text()
    assert (tmp_path / "out/net/parser.py").read_text() == PARSER


def test_the_root_is_where_nearly_all_source_is() -> None:
    assert (
        mine.source_root(["src/app/a.py", "src/app/b.py", "src/app/web/c.py", "tests/test_a.py"]) == "src/app"
    )
    assert mine.source_root(["a.py", "src/b.py", "src/c.py"]) == ""


def test_signals_are_those_of_the_product(mirror: tuple[Path, str, str], tmp_path: Path) -> None:
    git_dir, older, _ = mirror
    mine.check_out(git_dir, older, tmp_path / "out", {})
    rows = [
        {"type": "symbol", "query": "ResponseCache", "targets": ["net/cache.py"]},
        {"type": "doc", "query": "scheme and host of an address", "targets": ["net/parser.py"]},
    ]
    found = signals.measure(tmp_path / "out", Settings(jobs=1, embedder="none"), tmp_path / "index", rows)
    signals.save(found, tmp_path / "one.npz")
    asked = signals.load(tmp_path / "one.npz")
    assert asked.names == list(NAMES)
    assert asked.is_name.tolist() == [True, False]
    for number, path in enumerate(["net/cache.py", "net/parser.py"]):
        own = slice(asked.starts[number], asked.starts[number + 1])
        assert [p for p, right in zip(asked.paths[own], asked.right[own], strict=True) if right] == [path]


def synthetic(weights: np.ndarray, count: int = 400) -> learn.Questions:
    """Questions of 20 candidates whose answers are drawn as the ranker with `weights` would."""
    chance = np.random.default_rng(7)
    matrix = chance.normal(size=(count * 20, weights.size))
    scores = (matrix @ weights + chance.gumbel(size=len(matrix))).reshape(count, 20)
    right = scores == scores.max(axis=1, keepdims=True)
    return learn.Questions(
        tuple("abc"), matrix, np.arange(count + 1) * 20, right.ravel(), np.full(count, signals.TYPES.index("symbol")),
        np.ones(count, np.int64), np.zeros(count, bool), np.arange(count) % 10,
    )  # fmt: skip


def test_known_weights_are_found_again() -> None:
    known = np.array([2.0, -1.0, 0.0])
    asked = synthetic(known, 3000)
    found = learn.fit(asked, np.ones(len(asked), bool), np.arange(3), ridge=0.1)
    assert np.abs(found - known).max() < 0.12


def test_a_signal_left_out_weighs_nothing() -> None:
    asked = synthetic(np.array([2.0, -1.0, 0.0]))
    found = learn.fit(asked, np.ones(len(asked), bool), np.array([0, 2]), ridge=1.0)
    assert found[1] == 0 and found[0] > 0


def test_ndcg_counts_answers_that_were_not_proposed() -> None:
    asked = learn.Questions(
        ("a",), np.zeros((5, 1)), np.array([0, 3, 5]), np.array([False, True, True, False, False]),
        np.array([1, 1]), np.array([3, 1]), np.zeros(2, bool), np.array([0, 0]),
    )  # fmt: skip
    gains = learn.ndcg(asked, np.array([3.0, 2.0, 1.0, 5.0, 4.0]))
    ideal = 1 + 1 / np.log2(3) + 1 / np.log2(4)
    assert gains == pytest.approx([(1 / np.log2(3) + 1 / np.log2(4)) / ideal, 0.0])
