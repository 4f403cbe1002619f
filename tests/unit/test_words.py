"""Mode words: what raises a chunk, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from codelode import Index
from codelode.model import SearchResult

FILLER = "some other text that nobody asks for\n"


def searched(folder: Path, query: str, files: dict[str, str], **options: object) -> SearchResult:
    root = folder / "tree"
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for number in range(10):
        (root / f"filler{number}.txt").write_text(FILLER * (number + 1))
    with Index(root, index_dir=str(folder / "index")) as index:
        index.refresh()
        return index.search(query, mode="words", **options)  # type: ignore[arg-type]


def paths(result: SearchResult) -> list[str]:
    return [hit.path for hit in result.hits]


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        # in order and close, against the same words in another order
        ("retry delay grows", "so retry when delay is past: grows\n", "grows is past: so delay when retry\n"),
        # the exact phrase, against the same words close together
        ("retry delay grows", "is past: so when retry delay grows\n", "retry is delay past: so when grows\n"),
        # as an identifier
        ("retry delay", "so retryDelay is\n", "so delayRetry is\n"),
        # closer
        ("retry delay", "retry is delay past so when\n", "retry past so when is delay\n"),
        # with the stop words of the query between
        ("retry of the delay", "x retry of the delay x\n", "x of retry x the delay x\n"),
    ],
)
def test_words_in_order_and_close_raise_a_chunk(tmp_path: Path, query: str, better: str, worse: str) -> None:
    # The names are in the other order than the hits: ties go by path.
    found = searched(tmp_path, query, {"z.txt": better, "a.txt": worse})
    assert paths(found)[:2] == ["z.txt", "a.txt"]
    assert found.hits[0].score > found.hits[1].score


def test_a_phrase_raises_most(tmp_path: Path) -> None:
    texts = {
        "c.txt": "grow retry delay fast\n",
        "b.txt": "grow retry x delay fast\n",
        "a.txt": "delay retry fast grow\n",
    }
    found = searched(tmp_path, "retry delay", texts, explain=True)
    assert paths(found)[:3] == ["c.txt", "b.txt", "a.txt"]
    assert found.stats.explain is not None
    phrase, near = (
        [hit["signals"].get(name, 0) for hit in found.stats.explain["hits"]] for name in ("phrase", "near")
    )
    assert phrase[0] > 0 == phrase[1] == phrase[2]
    assert near[0] > near[1] > 0 == near[2]


def test_a_phrase_of_common_words_is_found_among_many(tmp_path: Path) -> None:
    """Its chunk has each word once, two hundred have them more often."""
    apart = f"delay {FILLER}"[:-1] * 2 + f" retry {FILLER}" * 2
    crowd = {f"crowd/{n}.txt": apart * 4 for n in range(200)}
    found = searched(tmp_path, "retry the delay", {**crowd, "z.txt": "must retry the delay\n" + FILLER * 12})
    assert found.hits[0].path == "z.txt"


def test_the_signals_of_a_hit_add_up(tmp_path: Path) -> None:
    long = "retry delay\n" + FILLER * 60 + "the delay of a retry\n" + FILLER * 60
    found = searched(tmp_path, "retry delay", {"retry.py": long, "b.py": "delay retry\n"}, explain=True)
    assert found.stats.explain is not None
    rows = found.stats.explain["hits"]
    assert [(row["path"], row["line"]) for row in rows] == [(hit.path, hit.start_line) for hit in found.hits]
    for row, hit in zip(rows, found.hits, strict=True):
        assert row["total"] == pytest.approx(hit.score, abs=1e-4)
        assert sum(row["signals"].values()) == pytest.approx(row["total"], abs=1e-3)
    assert rows[0]["path"] == "retry.py"
    assert set(rows[0]["signals"]) == {"words", "phrase", "near", "path"}
    assert sum(row["path"] == "retry.py" for row in rows) > 1


def test_stages_come_in_order(tmp_path: Path) -> None:
    found = searched(tmp_path, "retry delay", {"a.py": "retry delay\n"})
    names = list(found.stats.stages)
    assert [name for name in names if name in {"filters", "candidates", "read", "rank", "render"}] == [
        "filters", "candidates", "read", "rank", "render"
    ]  # fmt: skip


def test_words_that_are_nowhere(tmp_path: Path) -> None:
    assert searched(tmp_path, "absent nowhere", {"a.py": "retry\n"}).hits == ()
    assert paths(searched(tmp_path, "absent retry", {"a.py": "retry\n"})) == ["a.py"]
