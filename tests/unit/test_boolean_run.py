"""Mode query on a small tree, with real files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from trees import fresh, settle, write_tree

from codelode.app import Index
from codelode.errors import EmbedderError, QueryError
from codelode.search.boolean import run
from codelode.settings import Settings

CLIENT = '''\
class Client:
    def send(self, request):
        """Retry with growing backoff until the server answers."""
        for attempt in range(5):
            delay = backoff(attempt)
            reply = self.transport(request)
            if reply.ok:
                return reply
            sleep(delay)


def backoff(attempt):
    return 2 ** attempt
'''
TREE = {
    "net/client.py": CLIENT,
    "net/retry.go": "package net\n\nfunc retryOnce() error {\n\treturn errTimeout\n}\n",
    "net/far.py": "# retry\n" + "pass\n" * 400 + "# backoff\n",
    "tests/test_client.py": "from net.client import Client\n\n\ndef test_retry_backoff():\n    assert Client()\n",
    "docs/notes.md": "# Notes\n\nThe retry\nlogic has a backoff. TODO: measure.\n",
    "vendor/lib/retry.js": "export function retry(f) { return f() }\n",
    "data.csv": "a,b\n" * 10,
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    root = write_tree(tmp_path_factory.mktemp("boolean") / "tree", TREE)
    settle(root)
    with fresh(root, root.parent / "index") as made:
        yield made


def paths(index: Index, query: str, **more: object) -> list[str]:
    return [hit.path for hit in index.search(query, mode="query", **more).hits]  # type: ignore[arg-type]


def places(index: Index, query: str, **more: object) -> list[tuple[str, int, int]]:
    found = index.search(query, mode="query", all_matches=True, **more)  # type: ignore[arg-type]
    return [(hit.path, hit.start_line, hit.end_line) for hit in found.hits]


def test_all_words_in_one_place_come_before_words_apart(index: Index) -> None:
    found = paths(index, "retry backoff")
    assert set(found) == {"net/client.py", "net/far.py", "tests/test_client.py", "docs/notes.md"}
    assert found.index("net/client.py") < found.index("net/far.py")
    hits = index.search("retry backoff", mode="query").hits
    first = next(hit for hit in hits if hit.path == "net/client.py")
    assert {match.line for match in first.matches} >= {3, 5}
    assert first.start_line == 3, "a hit begins with its first matching line"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("retry -path:net", {"tests/test_client.py", "docs/notes.md", "vendor/lib/retry.js"}),
        ("retry lang:go", {"net/retry.go"}),
        ("content:retry lang:javascript", {"vendor/lib/retry.js"}),
        ("content:retry -backoff", {"net/retry.go", "vendor/lib/retry.js"}),
        ("timeout OR todo", {"net/retry.go", "docs/notes.md"}),
        ("retry NEAR/2 backoff", {"tests/test_client.py"}),
        ("retry NEAR/3 backoff", {"net/client.py", "tests/test_client.py"}),
        ('"the retry logic"', {"docs/notes.md"}),
        ("sym:backoff", {"net/client.py", "tests/test_client.py"}),
        ("kind:class", {"net/client.py"}),
        ("sym:retry kind:function -is:vendored", {"net/retry.go", "tests/test_client.py"}),
        ("/retry(Once|_backoff)/", {"net/retry.go", "tests/test_client.py"}),
        ("/(?<=test_)retry/", {"tests/test_client.py"}),
        ("bakcoff~1 ext:md", {"docs/notes.md"}),
        ("growi* ser?er", {"net/client.py"}),
        ("ast:'sleep($$$)' lang:python", {"net/client.py"}),
        ("size:>1k", {"net/far.py"}),
        ("is:test OR is:vendored", {"tests/test_client.py", "vendor/lib/retry.js"}),
        ("Retry case:no ext:md", {"docs/notes.md"}),
        ("Retry ext:md", set()),
        ("modified:<1y ext:csv", {"data.csv"}),
        ("modified:<2020-01-01", set()),
        ("csv", {"data.csv"}),
        ("content:csv", set()),
        ("repo:tree ext:csv", {"data.csv"}),
        ("repo:elsewhere", set()),
    ],
)
def test_what_a_query_is_true_of(index: Index, query: str, found: set[str]) -> None:
    assert set(paths(index, query, limit=50)) == found
    assert {path for path, _, _ in places(index, query)} == found


def test_all_matches_are_lines_in_order_and_a_match_of_two_lines_is_one_hit(index: Index) -> None:
    assert places(index, "backoff lang:python path:net") == [
        ("net/client.py", 3, 3),
        ("net/client.py", 5, 5),
        ("net/client.py", 12, 12),
        ("net/far.py", 402, 402),
    ]
    assert places(index, '"retry logic"') == [("docs/notes.md", 3, 4)]
    assert places(index, "todo", context=1) == [("docs/notes.md", 3, 4)]


def test_only_what_made_the_query_true_is_shown(index: Index) -> None:
    assert places(index, "(retry timeout) OR measure") == [
        ("docs/notes.md", 4, 4),
        ("net/retry.go", 3, 3),
        ("net/retry.go", 4, 4),
    ]


def test_filters_alone_list_files_unread(index: Index) -> None:
    result = index.search("lang:python", mode="query", limit=2)
    assert [(hit.path, hit.text, hit.matches) for hit in result.hits] == [
        ("net/client.py", "", ()),
        ("net/far.py", "", ()),
    ]
    assert (result.stats.matched_files, result.stats.files_read) == (3, 0)


def test_types_of_results(index: Index) -> None:
    assert [h.text for h in index.search("type:file retry NEAR/3 backoff", mode="query").hits] == ["", ""]
    symbols = index.search("type:symbol sleep", mode="query").hits
    assert [(hit.symbol, hit.start_line) for hit in symbols] == [("Client.send", 2)]
    assert [h.symbol for h in index.search("type:symbol sym:/^back/", mode="query").hits] == ["backoff"]
    assert paths(index, "type:repo retry") == ["."]
    assert paths(index, "type:repo zebra") == []


def test_a_bound_on_the_hits_of_a_file(index: Index) -> None:
    assert paths(index, "retry OR backoff path:net/far", limit=50).count("net/far.py") == 2
    assert paths(index, "retry OR backoff path:net/far", limit=50, max_per_file=1).count("net/far.py") == 1


def test_meaning_is_looked_for_among_what_filters_leave(index: Index) -> None:
    hit = index.search('~"wait longer before each new attempt" lang:python -is:test', mode="query").hits[0]
    assert hit.path == "net/client.py"
    assert set(paths(index, '~"try again" ext:md')) == {"docs/notes.md"}
    none = Settings(embedder="none")
    with Index(index.root, none, index_dir=index.location) as without, pytest.raises(EmbedderError):
        without.search('~"try again"', mode="query")


def test_structure_needs_its_language(index: Index) -> None:
    with pytest.raises(QueryError, match="lang:python"):
        index.search("ast:'sleep($$$)'", mode="query")


def test_a_boost_changes_the_order_and_not_the_files(index: Index) -> None:
    plain, boosted = ("timeout OR todo", "timeout OR todo^50")
    assert set(paths(index, plain)) == set(paths(index, boosted))
    assert paths(index, boosted)[0] == "docs/notes.md"


def test_of_large_files_only_the_blocks_that_may_match_are_looked_at(tmp_path: Path) -> None:
    filler = "static int filler_of_lines(void);\n" * 4_000  # two blocks
    big = (
        filler
        + "int needle_count; // est_nee\n"
        + filler
        + "nee dle le_cou\n"
        + filler
        + "haystack needles\n"
        + filler
    )
    root = write_tree(
        tmp_path / "tree", {"big.c": big, "needle/other.c": filler * 3, "small.c": "needle haystack\n"}
    )
    with fresh(root, tmp_path / "index") as index:
        for query, found in {
            "needle_count": {"big.c"},
            "needle": {"big.c", "needle/other.c", "small.c"},
            "content:needle": {"big.c", "small.c"},
            "dle_count": set(),
            "/needle\\w+;/": {"big.c"},
            "/needle_x?co.*est/": {"big.c"},
            "/needle$/": set(),
            "need* haystack": {"big.c", "small.c"},
            "needle -haystack": {"needle/other.c"},
            "?eedles": {"big.c"},
        }.items():
            assert set(paths(index, query, limit=50)) == found, query
            assert {path for path, _, _ in places(index, query)} == found, query
        assert places(index, "needles") == [("big.c", 12_003, 12_003)]
        read = index.search("dle_count", mode="query").stats
        assert 0 < read.bytes_read < len(big) / 2


def test_the_very_name_comes_before_longer_ones(tmp_path: Path) -> None:
    names = ["lock_killable", "lock", "try_lock", "lock_all_of_them"]
    tree = {f"{name}.py": f"def {name}():\n    pass\n" for name in names}
    root = write_tree(
        tmp_path / "tree", {**tree, "two.py": "def lock_x():\n    pass\n\n\ndef lock_y():\n    pass\n"}
    )
    with fresh(root, tmp_path / "index") as index:
        assert paths(index, "sym:lock")[0] == "lock.py"
        assert paths(index, "sym:lock kind:function lang:python")[0] == "lock.py"


def test_a_scan_stops_at_its_bound_and_says_so(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "SCANNED_BYTES", 100)
    result = index.search("/[xyz]q/", mode="query")
    assert result.stats.partial
    assert "--all" in result.stats.notes[0]
    everything = index.search("/[xyz]q/", mode="query", all_matches=True)
    assert not everything.stats.partial


def test_a_deadline_gives_what_there_is(index: Index) -> None:
    result = index.search("/a/", mode="query", timeout_ms=0)
    assert result.stats.partial
    assert "0 ms" in result.stats.notes[0]


def test_explain_shows_tree_plan_and_signals(index: Index) -> None:
    explain = index.search("retry NEAR/3 backoff -is:test", mode="query", explain=True).stats.explain
    assert explain is not None
    assert explain["tree"] == {"AND": [{"NOT": ["is:test"]}, {"NEAR/3": ["retry", "backoff"]}]}
    assert {step["atom"]: step["real"] for step in explain["plan"]}["retry NEAR/3 backoff"] == 1
    assert explain["hits"][0]["path"] == "net/client.py"
    assert sum(explain["hits"][0]["signals"].values()) == pytest.approx(explain["hits"][0]["total"], abs=0.01)


def test_a_file_that_changed_is_shown_as_it_is(tmp_path: Path) -> None:
    root = write_tree(
        tmp_path / "tree", {"a.py": "def one():\n    retry = 1\n", "b.py": "retry = backoff = 2\n"}
    )
    with fresh(root, tmp_path / "index") as index:
        (root / "a.py").write_text(
            "import os\n\n\ndef renamed():\n    x = 1\n\n\ndef one():\n    retry = 1\n"
        )
        assert places(index, "retry") == [("a.py", 9, 9), ("b.py", 1, 1)]
        assert places(index, "sym:one") == [("a.py", 8, 8)]
        (root / "a.py").write_text("nothing\n")
        assert places(index, "retry") == [("b.py", 1, 1)]
        result = index.search("retry", mode="query")
        assert [hit.path for hit in result.hits] == ["b.py"]
        assert result.stats.stale == 1


def test_large_files_that_are_not_ranked_are_found(tmp_path: Path) -> None:
    settings = Settings(max_ranked_bytes=100)
    root = write_tree(
        tmp_path / "tree", {"big.txt": "filler\n" * 50 + "needle in hay\n", "small.txt": "needle\n"}
    )
    with Index(root, settings, index_dir=str(tmp_path / "index")) as index:
        index.refresh()
        assert set(paths(index, "needle")) == {"big.txt", "small.txt"}
        assert paths(index, "needle NEAR/2 hay") == ["big.txt"]


@pytest.mark.parametrize(
    ("query", "mode", "first"),
    [
        ("how does the client wait between attempts lang:python", "hybrid", "net/client.py"),
        ("retry zebra lang:go", "words", "net/retry.go"),
        ("retry lang:go", "query", "net/retry.go"),
    ],
)
def test_mode_auto_and_plain_words_with_filters(index: Index, query: str, mode: str, first: str) -> None:
    result = index.search(query)
    assert (result.mode.value, result.hits[0].path) == (mode, first)
    assert all(hit.language == result.hits[0].language for hit in result.hits)
    assert not index.search("zebra lang:go").hits
