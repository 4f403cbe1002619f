"""Answers in pages: no hit twice, none left out, whatever is written and committed between them."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest
from trees import write_tree

from codelode import paging
from codelode.app import Index
from codelode.errors import QueryError, StorageError
from codelode.model import Mode, SearchResult

FUNCTION = "def parse_{0}(text):\n    '''Parse the config of {0}.'''\n    return text.strip({0})\n"


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return write_tree(tmp_path / "tree", {f"src/m{n:02}.py": FUNCTION.format(n) * 2 for n in range(12)})


@pytest.fixture
def index(root):
    with Index(root) as made:
        made.refresh()
        yield made


def pages(root: Path) -> Path:
    return root.parent / "cache/codelode/pages"


def walk(index: Index, result: SearchResult) -> list[SearchResult]:
    found = [result]
    while found[-1].cursor:
        found.append(index.page(found[-1].cursor))
    return found


@pytest.mark.parametrize(
    ("mode", "query", "more"),
    [
        ("exact", "config", {}),
        ("exact", "config", {"context": 1}),
        ("regex", r"parse_\d", {}),
        ("words", "parse config", {}),
        ("hybrid", "parse config", {}),
        ("semantic", "parse config", {}),
        ("query", "parse NEAR/5 config", {}),
        ("symbol", "parse", {}),
        ("ast", "$A.strip($B)", {"languages": ["python"]}),
    ],
)
def test_pages_are_the_answer_cut(index, mode, query, more):
    plain = index.search(query, mode=mode, limit=7, **more)
    whole = index.search(query, mode=mode, limit=1000, **more)
    found = walk(index, index.search(query, mode=mode, limit=7, cursor="start", **more))
    hits = [hit._replace(score=0.0) for page in found for hit in page.hits]
    if not more:
        assert found[0].hits == plain.hits
    assert set(hits) == {hit._replace(score=0.0) for hit in whole.hits}
    assert len(hits) == len(whole.hits)
    assert [len(page.hits) for page in found[:-1]] == [7] * (len(found) - 1)
    assert len(found) > 1
    assert all(page.mode is Mode(mode) and page.query == query and not page.page.fates for page in found)
    assert found[-1].to_json()["cursor"] == ""


def test_a_token_stands_for_the_same_hits_every_time(index):
    first = index.search("config", mode="exact", limit=5, cursor="start")
    again = [index.page(first.cursor) for _ in range(2)]
    assert again[0].hits == again[1].hits
    assert index.search("config", cursor=first.cursor, limit=5).hits == again[0].hits
    assert index.page(first.cursor, limit=3).hits == again[0].hits[:3]
    skipped = index.search("config", mode="exact", limit=5, offset=5, cursor="start")
    assert skipped.hits == again[0].hits


def test_commits_between_pages_change_none_of_them(index, root):
    whole = index.search("config", mode="exact", limit=100).hits
    first = index.search("config", mode="exact", limit=6, cursor="start")
    for number in range(20, 40):
        (root / f"src/config{number}.py").write_text("config = config\n" * 5)
    (root / "src/m00.py").unlink()
    index.refresh()
    found = walk(index, first)
    places = [(hit.path, hit.start_line) for page in found for hit in page.hits]
    assert places == [(hit.path, hit.start_line) for hit in whole]
    assert index.search("config", mode="exact", limit=100).hits != whole


def test_what_became_of_lines_is_said(index, root):
    first = index.search("config", mode="exact", limit=1, cursor="start")
    rest = index.page(first.cursor, limit=100).hits
    same, moved, gone, lost = list(dict.fromkeys(hit.path for hit in rest[2:]))[:4]
    with (root / same).open("a") as file:
        file.write("# more\n")
    (root / moved).write_text("# one\n# two\n" + (root / moved).read_text())
    (root / gone).write_text((root / gone).read_text().replace("config", "settings"))
    (root / lost).unlink()
    after = index.page(first.cursor, limit=100)
    fates = {hit.path: after.page.fates.get(place, "") for place, hit in enumerate(after.hits)}
    assert {path: fate for path, fate in fates.items() if fate} == {
        same: "same",
        moved: "moved",
        gone: "gone",
        lost: "gone",
    }
    assert after.stats.stale == 4
    for before, hit in zip(rest, after.hits, strict=True):
        down = 2 if hit.path == moved else 0
        assert (hit.path, hit.start_line) == (before.path, before.start_line + down)
        assert hit.text == ("" if fates[hit.path] == "gone" else before.text)
        assert [match.line for match in hit.matches] == [
            match.line + down for match in before.matches if fates[hit.path] != "gone"
        ]
    told = [row for row in after.to_json()["hits"] if "stale" in row]
    assert {(row["path"], row["stale"], row["lines"]) for row in told} == {
        (path, True, fate) for path, fate in fates.items() if fate
    }


def test_lines_that_occur_often_are_found_where_they_are_nearest(index, root):
    first = index.search("def parse_3(", mode="exact", limit=1, cursor="start")
    (hit,) = index.page(first.cursor).hits
    assert hit.start_line == 4
    (root / hit.path).write_text("#\n" + (root / hit.path).read_text())
    (hit,) = index.page(first.cursor).hits
    assert (hit.start_line, hit.text) == (5, "def parse_3(text):")


def test_an_answer_of_one_page_has_no_next(index):
    assert index.search("def parse_3(", mode="exact", cursor="start").cursor == ""
    nothing = index.search("no_such_thing", mode="exact", cursor="start")
    assert (nothing.cursor, nothing.hits) == ("", ())
    assert not index.search("config").cursor


@pytest.mark.parametrize("token", ["x", "0123456789abcdef", "../../../etc/passwd-1", "0123456789ABCDEF-1"])
def test_what_is_no_token_is_refused(index, token):
    with pytest.raises(QueryError, match=r"is no cursor: .*--cursor start"):
        index.page(token)


def test_tokens_of_others_are_refused(index, tmp_path):
    first = index.search("config", limit=3, cursor="start")
    with pytest.raises(QueryError, match=r"not kept any more.*--cursor start"):
        index.page("0123456789abcdef-3")
    with pytest.raises(QueryError, match="a page of the query 'config'"):
        index.search("other", cursor=first.cursor)
    with Index(write_tree(tmp_path / "other", {"a": "config\n"})) as other:
        other.refresh()
        with pytest.raises(QueryError, match="a page of a search in"):
            other.page(first.cursor)
    with pytest.raises(QueryError, match="no pages"):
        index.search("config", mode="exact", all_matches=True, cursor="start")


def test_what_is_kept_is_bounded_and_nobody_elses_business(index, root):
    tokens = [index.search("config", mode="exact", limit=2, cursor="start").cursor for _ in range(3)]
    kept = sorted(pages(root).iterdir())
    assert len(kept) == 3
    if os.name == "posix":
        assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in kept)
    old = time.time() - paging.KEPT_SECONDS - 1
    os.utime(pages(root) / f"{tokens[0].split('-')[0]}.json", (old, old))
    with pytest.raises(QueryError, match="not kept any more"):
        index.page(tokens[0])
    for _ in range(paging.MOST_FILES):
        last = index.search("config", mode="exact", limit=2, cursor="start")
    assert len(list(pages(root).iterdir())) == paging.MOST_FILES
    assert index.page(last.cursor).hits


def test_a_cache_that_cannot_be_written_is_an_error(index, root):
    (root.parent / "cache/codelode/pages").write_text("no folder\n")
    with pytest.raises(StorageError, match=r"cannot keep the pages of this answer .* use --offset"):
        index.search("config", cursor="start")


def test_a_damaged_file_is_an_error(index, root):
    first = index.search("config", mode="exact", limit=2, cursor="start")
    (kept,) = pages(root).iterdir()
    kept.write_bytes(kept.read_bytes()[:100])
    with pytest.raises(QueryError, match=r"cannot be read .* start again"):
        index.page(first.cursor)


def test_the_end_of_what_is_kept_is_said(index, root, monkeypatch):
    monkeypatch.setattr(paging, "KEPT_HITS", 10)
    found = walk(index, index.search("config", mode="exact", limit=4, cursor="start"))
    assert [len(page.hits) for page in found] == [4, 4, 4, 2]
    assert [bool(page.stats.notes) for page in found] == [False, False, False, True]
