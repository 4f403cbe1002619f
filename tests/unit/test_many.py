"""Several indexes answer as one over all their files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.support.trees import comparable, write_tree

from codelode import Index, Indexes
from codelode.errors import CodelodeError, UsageError
from codelode.model import SearchOptions
from codelode.settings import Settings
from codelode.store.files import LOCK
from codelode.store.lock import BuildLock

FILES = {
    "api/server.py": "def start_server(port):\n    return listen(port)\n\n\ndef listen(port):\n    return port\n",
    "api/retry.py": (
        "import time\n\n\ndef retry(call, times):\n    # wait longer after each failure\n"
        "    for n in range(times):\n        time.sleep(n)\n        call()\n"
    ),
    "web/server.js": "function startServer(port) {\n  return listen(port);\n}\n",
    "web/lib/retry.js": "// retry with a backoff\nexport function retry(call) {\n  return call();\n}\n",
    "web/notes.md": "# Notes\n\nThe server listens on a port. Retry when the port is taken.\n",
    "tools/deep/server.c": "int listen(int port);\n\nint start_server(int port)\n{\n\treturn listen(port);\n}\n",
    "tools/words.txt": "port\nport\nserver\nretry port\n",
}
ROOTS = ("api", "web", "tools")

QUESTIONS = [
    ("exact", "port"),
    ("exact", "listen(port)"),
    ("regex", r"(start_?[sS]erver|retry)\("),
    ("words", "listen port"),
    ("words", "retry"),
    ("symbol", "start"),
    ("auto", "start_server"),
    ("ast", "listen($A)"),
    ("query", "port listen OR retry"),
    ("query", "(server NEAR/8 port) -file:md$"),
    ("query", '"return listen" lang:python'),
    ("query", "por* file:server"),
    ("query", "sym:/start/"),
    ("query", "ext:js"),
]

BY_MEANING = [
    ("hybrid", "wait before the next try"),
    ("hybrid", "start the server"),
    ("semantic", "open a network port"),
]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "tree", FILES)


def opened(tree: Path, *roots: str) -> Indexes:
    indexes = Indexes([tree / root for root in roots or ROOTS])
    indexes.refresh()
    return indexes


@pytest.mark.parametrize(("mode", "query"), QUESTIONS)
def test_the_same_as_of_one_index(tree: Path, mode: str, query: str) -> None:
    with Index(tree) as one, opened(tree) as many:
        one.refresh()
        languages = ["python"] if mode == "ast" else []
        expected = one.search(query, mode=mode, limit=50, languages=languages)
        found = many.search(query, mode=mode, limit=50, languages=languages)
        assert many.root == str(tree)
        assert expected.hits
        assert comparable(found.hits) == comparable(expected.hits)
        assert found.mode is expected.mode
        assert found.stats.files == expected.stats.files == len(FILES)


@pytest.mark.parametrize(("mode", "query"), BY_MEANING)
def test_the_same_by_meaning_but_for_the_folder_that_a_vector_knows(
    tree: Path, mode: str, query: str
) -> None:
    """A chunk's vector is of its path too, as it is from the root: scores differ a little."""
    with Index(tree) as one, opened(tree) as many:
        one.refresh()
        expected = one.search(query, mode=mode, limit=50).hits
        found = many.search(query, mode=mode, limit=50).hits
        assert {hit[:3] for hit in found} == {hit[:3] for hit in expected}
        assert found[0][:3] == expected[0][:3]
        scores = {hit[:3]: hit.score for hit in expected}
        assert [hit.score for hit in found] == pytest.approx([scores[hit[:3]] for hit in found], abs=0.1)


def test_all_matches_come_in_path_order(tree: Path) -> None:
    with Index(tree) as one, opened(tree) as many:
        one.refresh()
        expected = comparable(tuple(one.stream("port", mode="exact")))
        assert comparable(tuple(many.stream("port", mode="exact"))) == expected
        assert comparable(many.search("port", mode="exact", all_matches=True).hits) == expected


def test_repositories_are_the_indexes(tree: Path) -> None:
    with opened(tree) as many:
        assert {hit.path for hit in many.search("repo:web port", mode="query").hits} == {
            "web/server.js", "web/notes.md"
        }  # fmt: skip
        assert {hit.path for hit in many.search("type:repo start_server", mode="query").hits} == {
            "api",
            "tools",
        }


def test_what_a_filter_sees(tree: Path) -> None:
    with opened(tree) as many:

        def found(**filters: Any) -> list[str]:
            return sorted(
                {hit.path for hit in many.search("port", mode="exact", all_matches=True, **filters).hits}
            )

        assert found(globs=["/server.*"]) == ["api/server.py", "web/server.js"], "from its own root"
        assert found(globs=["deep/"]) == ["tools/deep/server.c"]
        assert found(globs=["web/"]) == []
        assert found(under=[b"web/lib", b"tools/deep"]) == ["tools/deep/server.c", "web/lib/retry.js"]
        assert found(under=[b"web"]) == ["web/lib/retry.js", "web/notes.md", "web/server.js"]
        assert found(under=[b"web/notes.md"]) == ["web/notes.md"]
        assert found(languages=["python"]) == ["api/retry.py", "api/server.py"]


def test_a_file_of_two_indexes_is_shown_once(tree: Path) -> None:
    (tree / "web" / ".gitignore").write_text("/hidden.md\n")
    (tree / "web" / "hidden.md").write_text("a port in the outer index only\n")
    settings = Settings(ignore_files=False)
    with Index(tree, settings) as outer:
        outer.refresh()
    with Index(tree / "web") as inner:
        inner.refresh()
    with Indexes([tree / "web", tree]) as many:
        assert many.root == str(tree)
        hits = many.search("port", mode="exact", all_matches=True).hits
        paths = [hit.path for hit in hits]
        assert len({hit[:2] for hit in hits}) == len(hits)
        assert {"web/server.js", "web/notes.md", "web/hidden.md", "api/server.py"} <= set(paths)
        assert many.search("port", mode="exact").stats.files == len(FILES) + 2
        assert many.search("startServer", mode="symbol").hits[0].path == "web/server.js"


def test_copies_are_one_hit(tree: Path) -> None:
    text = FILES["api/retry.py"]
    write_tree(
        tree, {"web/vendor/retry.py": text, "tools/retry.py": text, "tools/other.py": text + "# other\n"}
    )
    with opened(tree) as many:
        hits = many.search("time.sleep(n)", mode="exact").hits
        assert [(hit.path, hit.copies) for hit in hits if hit.copies] == [
            ("api/retry.py", ("tools/retry.py", "web/vendor/retry.py"))
        ]
        assert [hit.path for hit in hits] == ["api/retry.py", "tools/other.py"]
        assert len(many.search("time.sleep(n)", mode="exact", limit=2).hits) == 2, (
            "the limit counts what is shown"
        )
        second = many.search("time.sleep(n)", mode="exact", limit=1, offset=1).hits
        assert [hit.path for hit in second] == ["tools/other.py"]
        here = many.search("time.sleep(n)", mode="exact", under=[b"web", b"tools"]).hits
        ((first, copies),) = [(hit.path, hit.copies) for hit in here if hit.copies]
        assert {first, *copies} == {"web/vendor/retry.py", "tools/retry.py"}
        every = [hit.path for hit in many.stream("time.sleep(n)", mode="exact")]
        assert every == ["api/retry.py", "tools/other.py", "tools/retry.py", "web/vendor/retry.py"]
        (tree / "tools" / "retry.py").write_text(text.replace("sleep(n)", "sleep(n + 1)"))
        hits = many.search("time.sleep(n)", mode="exact").hits
        assert ("api/retry.py", ("web/vendor/retry.py",)) in [(hit.path, hit.copies) for hit in hits]


def test_one_index_does_not_fold(tree: Path) -> None:
    write_tree(tree, {"api/copy.py": FILES["api/retry.py"]})
    with Index(tree / "api") as one:
        one.refresh()
        assert [hit.copies for hit in one.search("time.sleep(n)", mode="exact").hits] == [(), ()]


def test_one_that_is_damaged_is_left_out(tree: Path) -> None:
    opened(tree).close()
    with Index(tree / "web") as broken:
        Path(broken.location, "catalog.db").write_bytes(b"no database" * 1000)
    with Indexes([tree / root for root in ROOTS]) as many:
        result = many.search("port", mode="exact")
        assert {hit.path.split("/")[0] for hit in result.hits} == {"api", "tools"}
        assert result.stats.partial
        (failure,) = many.failed
        assert failure.root == str(tree / "web")
        assert f"`codelode index --rebuild {tree / 'web'}` repairs it" in failure.why
        assert result.stats.notes == [f"{failure.root} was left out: {failure.why}"]
        with Index(tree / "web") as web:
            web.refresh(rebuild=True)
        result = many.search("port", mode="exact")
        assert {hit.path.split("/")[0] for hit in result.hits} == {"api", "tools", "web"}
        assert (result.stats.partial, many.failed) == (False, ())


@pytest.mark.parametrize(
    ("mode", "query", "file"),
    [("exact", "port", "trigrams.col"), ("symbol", "start", "symbols.col"), ("words", "port", "terms")],
)
def test_damage_that_a_search_meets_is_blamed_on_its_index(
    tree: Path, mode: str, query: str, file: str
) -> None:
    with opened(tree) as many:
        assert many.search("retry", mode="exact").hits, "all is open but what this search needs"
    with Indexes([tree / root for root in ROOTS]) as many:
        many._ready(SearchOptions())
        (segment,) = Path(many.indexes[1].location, "segments").iterdir()
        for path in [segment / file] if (segment / file).is_file() else (segment / file).iterdir():
            os.truncate(path, path.stat().st_size // 2)
        result = many.search(query, mode=mode)
        assert {hit.path.split("/")[0] for hit in result.hits} == {"api", "tools"}
        assert [failure.root for failure in many.failed] == [str(tree / "web")]
        assert result.stats.partial


def test_damage_that_a_list_of_all_matches_meets(tree: Path) -> None:
    opened(tree).close()
    with Indexes([tree / root for root in ROOTS]) as many:
        many._ready(SearchOptions())
        for index, file in ((many.indexes[1], "symbols.col"), (many.indexes[2], "trigrams.col")):
            (segment,) = Path(index.location, "segments").iterdir()
            os.truncate(segment / file, 100)
        stream = many.stream("start", mode="symbol")
        assert {hit.path for hit in stream} == {"api/server.py"}
        assert stream.stats.partial
        assert [failure.root for failure in many.failed] == [str(tree / "web"), str(tree / "tools")]


def test_a_folder_that_is_gone(tree: Path) -> None:
    opened(tree).close()
    shutil.rmtree(tree / "tools")
    with Indexes([tree / root for root in ROOTS]) as many:
        many.refresh()
        result = many.search("port", mode="exact")
        assert {hit.path.split("/")[0] for hit in result.hits} == {"api", "web"}
        assert [failure.to_json() for failure in many.failed] == [
            {"root": str(tree / "tools"), "why": "this folder does not exist"}
        ]


def test_bad_settings_of_one_folder(tree: Path) -> None:
    (tree / "web" / "codelode.toml").write_text("jobs = 'many'\n")
    with opened(tree) as many:
        assert many.search("port", mode="exact").hits
        assert [failure.root for failure in many.failed] == [str(tree / "web")]
        assert "codelode.toml:1: jobs" in many.failed[0].why


def test_none_can_be_searched(tree: Path) -> None:
    with (
        Indexes([tree / "api", tree / "gone"]) as many,
        pytest.raises(
            CodelodeError, match=r"none of the indexes can be searched: .*no index of .*/api.*/gone: this"
        ),
    ):
        many.search("port")
    with pytest.raises(UsageError, match="no folder is given"):
        Indexes([])


def test_two_roots_may_not_share_an_index(tree: Path, tmp_path: Path) -> None:
    with Indexes([tree / "api", tree / "web"], Settings(index_dir=str(tmp_path / "index"))) as many:
        many.refresh()
        assert many.search("port", mode="exact").hits
        assert "its index would be where that of" in many.failed[0].why


def test_no_time_at_all(tree: Path) -> None:
    opened(tree).close()
    with Indexes([tree / root for root in ROOTS]) as many:
        result = many.search("port", mode="exact", timeout_ms=0)
        assert (result.hits, result.stats.partial) == ((), True)
        late = {failure.root for failure in many.failed if failure.late}
        assert all(any(note.startswith(root) for note in result.stats.notes) for root in late)
        assert many.search("port", mode="exact", timeout_ms=60_000).hits
        again = many.search("port", mode="exact")
        assert (len(again.hits), again.stats.partial, many.failed) == (10, False, ())


def test_an_index_that_others_build_is_searched_as_it_was(tree: Path) -> None:
    opened(tree).close()
    (tree / "web" / "new.js").write_text("port port\n")
    (tree / "api" / "new.py").write_text("port = port\n")
    with (
        Indexes([tree / root for root in ROOTS]) as many,
        BuildLock(Path(many.indexes[1].location, LOCK), wait=True),
    ):
        reports = many.refresh()
        assert set(reports) == {str(tree / "api"), str(tree / "tools")}
        result = many.search("port", mode="exact", limit=50)
        assert "api/new.py" in {hit.path for hit in result.hits}
        assert "web/new.js" not in {hit.path for hit in result.hits}
        (note,) = result.stats.notes
        assert note.startswith(f"{tree / 'web'} is searched as it was: ")
    with opened(tree) as many:
        assert many.search("port port", mode="exact").hits[0].path == "web/new.js"


def test_a_commit_is_seen_by_the_next_search(tree: Path) -> None:
    with opened(tree) as many:
        assert not many.search("brandnew", mode="exact").hits
        (tree / "tools" / "new.c").write_text("int brandnew;\n")
        with Index(tree / "tools") as other:
            other.refresh()
        assert [hit.path for hit in many.search("brandnew", mode="exact").hits] == ["tools/new.c"]


def test_many_threads_and_commits_meanwhile(tree: Path) -> None:
    stop, errors = threading.Event(), []
    with opened(tree) as many:

        def ask(mode: str) -> None:
            try:
                while not stop.is_set():
                    found = many.search("port", mode=mode, limit=50)
                    assert {hit.path.split("/")[0] for hit in found.hits} == set(ROOTS)
                    assert not found.stats.partial
            except BaseException as exc:
                errors.append(exc)
                raise

        askers = [
            threading.Thread(target=ask, args=(mode,)) for mode in ("exact", "words", "hybrid", "query")
        ]
        for asker in askers:
            asker.start()
        for number in range(6):
            (tree / "web" / f"new{number}.js").write_text("port port\n" * number)
            with Index(tree / "web") as other:
                other.refresh()
        stop.set()
        for asker in askers:
            asker.join()
        assert errors == []
        found = many.search("port port", mode="exact", limit=50).hits
        assert {hit.path for hit in found} == {f"web/new{number}.js" for number in range(1, 6)}


def test_another_embedder_than_that_of_the_search(tree: Path) -> None:
    (tree / "web" / "codelode.toml").write_text('embedder = "none"\n')
    with opened(tree) as many:
        result = many.search("open a network port", mode="semantic")
        assert {hit.path.split("/")[0] for hit in result.hits} == {"api", "tools"}
        assert any(f"words alone decide in {tree / 'web'}" in note for note in result.stats.notes)
        assert many.search("port", mode="exact").stats.notes == []


def test_similar_code_of_another_index(tree: Path) -> None:
    write_tree(tree, {"web/server.py": FILES["api/server.py"].replace("listen", "hear")})
    with opened(tree) as many:
        assert "web/server.py" in {hit.path for hit in many.similar("api/server.py", 1, limit=3)}


def test_the_command_line(tree: Path) -> None:
    def run(*words: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "codelode", *words], cwd=tree, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout, done.stderr

    status, out, _ = run("search", "--all", "listen(port)", "api", "web", "./tools/deep")
    assert (status, out.splitlines()) == (
        0,
        [
            "api/server.py:2:    return listen(port)",
            "api/server.py:5:def listen(port):",
            "./tools/deep/server.c:5:\treturn listen(port);",
            "web/server.js:2:  return listen(port);",
        ],
    )
    answer = json.loads(run("search", "listen(port)", "api", "web", "--json", "-n", "1")[1])
    assert (answer["root"], answer["failed"]) == (str(tree), [])
    assert answer["indexes"] == [str(tree / "api"), str(tree / "web")]
    with Index(tree / "web") as broken:
        Path(broken.location, "catalog.db").write_bytes(b"no database" * 1000)
    status, out, err = run("search", "listen(port)", "api", "web", "--no-refresh")
    assert (status, {line.split(":")[0] for line in out.splitlines()}) == (0, {"api/server.py"})
    assert err.startswith(f"codelode: {tree / 'web'} was left out: ")
    status, out, err = run("search", "startServer", "api", "web", "--no-refresh", "--mode", "exact")
    assert (status, out) == (2, ""), "nobody knows whether it is there"
    answer = json.loads(run("search", "listen(port)", "api", "web", "--no-refresh", "--json")[1])
    assert [failure["root"] for failure in answer["failed"]] == [str(tree / "web")]
    assert answer["stats"]["partial"]
    status, out, err = run("search", "listen(port)", "--all-indexes", "--format", "paths")
    assert (status, out.splitlines()) == (0, [str(tree / "api/server.py"), str(tree / "tools/deep/server.c")])
    assert "was left out: it cannot be read" in err


def test_batch_of_several(tree: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "codelode", "batch", "--mode", "exact", "api", "web"],
        cwd=tree,
        input="listen(port)\nstartServer\n",
        capture_output=True,
        text=True,
        check=False,
    )
    first, second = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 0
    assert {hit["path"] for hit in first} == {"api/server.py", "web/server.js"}
    assert [hit["path"] for hit in second] == ["web/server.js"]
