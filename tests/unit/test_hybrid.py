"""Mode hybrid on a small tree, with real files and the bundled model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from trees import fresh, settle, write_tree

from codelode.app import Index
from codelode.errors import EmbedderError, QueryError
from codelode.search import weights
from codelode.search.features import NAMES
from codelode.settings import Settings

BACKOFF = '''\
"""Waiting between attempts."""


def delay(attempt):
    """Seconds to wait before the next try: doubles each time, with some noise."""
    return min(2 ** attempt, 60) + random()
'''
TREE = {
    "net/backoff.py": BACKOFF,
    "net/client.py": "class HttpClient:\n    def get(self, url):\n        return self.send('GET', url)\n",
    "net/cookies.py": "def parse_cookie(header):\n    return dict(part.split('=') for part in header.split(';'))\n",
    "store/cache.py": "class LruCache:\n    def evict(self):\n        self.items.popitem(last=False)\n",
    "tests/test_backoff.py": "from net.backoff import delay\n\n\ndef test_delay():\n    assert delay(3) >= 8\n",
    "README.md": "# Example\n\nA client with retries, cookies and a cache.\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    root = write_tree(tmp_path_factory.mktemp("hybrid") / "tree", TREE)
    settle(root)
    with fresh(root, root.parent / "index") as made:
        yield made


def paths(index: Index, query: str, mode: str = "hybrid", **more: object) -> list[str]:
    return [hit.path for hit in index.search(query, mode=mode, **more).hits]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("backoff delay between attempts", "net/backoff.py"),
        ("HttpClient", "net/client.py"),
        ("parse cookie header", "net/cookies.py"),
        ("LruCache", "store/cache.py"),
        ("evict items from the cache", "store/cache.py"),
    ],
)
def test_the_right_file_comes_first(index: Index, query: str, first: str) -> None:
    assert paths(index, query)[0] == first


def test_each_file_comes_once_and_scores_fall(index: Index) -> None:
    hits = index.search("cache of a client", mode="hybrid").hits
    assert len({hit.path for hit in hits}) == len(hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert hits[0].score == 1.0


def test_semantic_needs_no_common_word(index: Index) -> None:
    assert "net/backoff.py" in paths(index, "wait before trying once more", "semantic")[:2]


def test_filters_hold(index: Index) -> None:
    assert paths(index, "delay", globs=["tests/**"]) == ["tests/test_backoff.py"]
    assert paths(index, "client", languages=["markdown"]) == ["README.md"]
    assert paths(index, "delay", "semantic", under=[b"store"]) == ["store/cache.py"]


def test_the_signals_add_up_to_the_score(index: Index) -> None:
    result = index.search("parse a cookie", mode="hybrid", explain=True)
    explained = result.stats.explain
    assert explained is not None
    assert [row["path"] for row in explained["hits"]] == [hit.path for hit in result.hits]
    for row in explained["hits"]:
        assert sum(row["signals"].values()) == pytest.approx(row["total"], abs=0.01)
        assert set(row["signals"]) <= set(NAMES)
    best, second = (row["total"] for row in explained["hits"][:2])
    assert result.hits[1].score == pytest.approx(np.exp(second - best), abs=1e-3)


def test_copies_are_folded(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", TREE | {"old/backoff.py": BACKOFF})
    settle(root)
    with fresh(root, tmp_path / "index") as index:
        hit = index.search("seconds to wait before the next try", mode="hybrid").hits[0]
        assert {hit.path, *hit.copies} == {"net/backoff.py", "old/backoff.py"}
        assert hit.to_json()["copies"] == list(hit.copies)
        (similar, *_) = index.similar("net/cookies.py", 1)
        assert "copies" not in similar.to_json()


def test_similar_code_leaves_out_the_place_itself(index: Index) -> None:
    found = [hit.path for hit in index.similar("net/backoff.py", 5)]
    assert "net/backoff.py" not in found
    assert found[0] == "tests/test_backoff.py"


def test_similar_names_what_is_wrong(index: Index, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="not in the index"):
        index.similar("net/none.py")
    with pytest.raises(QueryError, match="not inside"):
        index.similar("../x.py")


def test_without_an_embedder_words_still_answer(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", TREE)
    settle(root)
    with fresh(root, tmp_path / "index", Settings(embedder="none")) as index:
        assert paths(index, "parse cookie header")[0] == "net/cookies.py"
        with pytest.raises(EmbedderError, match="embedder"):
            index.search("parse", mode="semantic")
        with pytest.raises(EmbedderError, match="codelode embed"):
            index.similar("net/cookies.py")


@pytest.mark.parametrize("mode", ["hybrid", "semantic"])
@pytest.mark.parametrize("query", ["ä", "the", "12345", "zzyzx qqq", "a" * 5000, "\x00"])
def test_odd_queries_answer_or_find_nothing(index: Index, mode: str, query: str) -> None:
    assert index.search(query, mode=mode).mode.value == mode


@pytest.mark.parametrize("mode", ["hybrid", "semantic"])
def test_ranked_modes_have_no_list_of_all_matches(index: Index, mode: str) -> None:
    with pytest.raises(QueryError, match="no list of all matches"):
        index.search("delay", mode=mode, all_matches=True)


def test_an_unknown_signal_in_the_weights_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "weights.json"
    path.write_text(json.dumps({"words": {"exact": 1.0, "luck": 2.0}, "name": {}}))
    with pytest.raises(ValueError, match="luck"):
        weights.load(path)


def test_the_weights_that_come_with_codelode_are_used() -> None:
    own = weights.load()
    assert own.words.shape == own.name.shape == (len(NAMES),)
    assert np.abs(own.words).sum() > 0
    assert np.abs(own.name).sum() > 0
